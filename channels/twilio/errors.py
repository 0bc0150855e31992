"""Twilio's refusals as ours: their code, and by the table of outcomes what follows from it."""

from __future__ import annotations

from bot.errors import SendError
from bot.outcomes import Does, outcome_of


def refusal(status: int, code: object) -> SendError:
    """Classify an HTTP answer that is not a success; ``code`` is Twilio's number, if any.

    Nothing of the answer's text is kept: it quotes the receiver's number.
    """
    number = str(code) if isinstance(code, int) and code >= 1_000 else ""
    does = outcome_of(number).does
    if does is Does.FAIL:  # a number that says nothing, or none: the status may say more
        does = outcome_of(str(status)).does
    if does is Does.FAIL and status >= 500:
        # A gateway that gave up waiting does not know what happened behind it.
        does = Does.ASK
    return SendError(number or str(status), retryable=does in (Does.PAUSE, Does.ASK), uncertain=does is Does.ASK)
