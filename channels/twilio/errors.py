"""What Twilio's refusals mean for us: tried again, final, or perhaps taken after all."""

from __future__ import annotations

from bot.errors import SendError

#: "Slow down" and "full for now" (twilio.com/docs/api/errors), and our own account's troubles:
#: a wrong token or a suspended account is mended by the operator, and must not cost her a message.
_RETRYABLE_CODES = frozenset(
    {
        "14107",  # SMS send rate limit exceeded
        "20003",  # our credentials were refused
        "20005",  # our account is not active
        "20429",  # too many requests
        "21611",  # the queue of this sender is full
        "30001",  # queue overflow
        "63018",  # WhatsApp's rate limit for this sender
    }
)


def refusal(status: int, code: object) -> SendError:
    """Classify an HTTP answer that is not a success; ``code`` is Twilio's number, if any.

    Nothing of the answer's text is kept: it quotes the receiver's number.
    """
    number = str(code) if isinstance(code, int) and code >= 1_000 else ""
    if number in _RETRYABLE_CODES or status in (401, 429, 503):
        return SendError(number or str(status), retryable=True)
    if status >= 500 or status == 408:
        # A gateway that gave up waiting does not know what happened behind it.
        return SendError(number or str(status), retryable=True, uncertain=True)
    return SendError(number or str(status), retryable=False)
