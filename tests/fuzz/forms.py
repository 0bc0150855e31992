"""Forms as Twilio signs them, with everything in them gone wrong that a phone, a carrier or a future version can do."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote_plus
from uuid import uuid4

from hypothesis import strategies as st

#: Stands in whatever is put into a field, so that it is found wherever it turns up later.
SECRET = "LadrilloAzul"

#: What Twilio sends of a message from a person (twilio.com/docs/messaging/guides/webhook-request), SMS and WhatsApp.
INBOUND = (
    *("MessageSid", "SmsSid", "SmsMessageSid", "AccountSid", "MessagingServiceSid", "ApiVersion", "SmsStatus"),
    *("From", "To", "Body", "NumMedia", "NumSegments", "MediaUrl0", "MediaContentType0", "MediaUrl1", "MediaUrl999"),
    *("MediaContentType1", "MessageType", "ProfileName", "WaId", "Forwarded", "FrequentlyForwarded", "ExternalUserId"),
    *("ButtonText", "ButtonPayload", "ButtonType", "ListId", "ListTitle", "ListDescription", "InteractiveData"),
    *("Latitude", "Longitude", "Address", "Label", "OriginalRepliedMessageSid", "OriginalRepliedMessageSender"),
    *("ReferralBody", "ReferralHeadline", "ReferralSourceId", "ReferralSourceType", "ReferralSourceUrl"),
    *("ReferralMediaId", "ReferralMediaUrl", "ReferralMediaContentType", "ReferralCtwaClid", "ReferralNumMedia"),
    *("FromCity", "FromState", "FromZip", "FromCountry", "ToCity", "ToState", "ToZip", "ToCountry"),
    *("ChannelMetadata", "OptOutType", "FlowData", "ErrorCode"),
)
#: And of what became of a letter (…/guides/track-outbound-message-status).
STATUS = (
    *("MessageSid", "SmsSid", "MessageStatus", "SmsStatus", "AccountSid", "ApiVersion", "From", "To", "ErrorCode"),
    *("ErrorMessage", "MessagingServiceSid", "ChannelInstallSid", "ChannelPrefix", "ChannelStatusMessage"),
    *("ChannelStatusCode", "ChannelToAddress", "EventType", "RawDlrDoneDate", "StructuredMessage"),
)
_IDS = (b"MessageSid", b"SmsSid", b"SmsMessageSid")
_NUMBERS = (
    "",
    " ",
    "0",
    "-1",
    "3",
    "999999999999999999999",
    "1e309",
    "-1e-400",
    "NaN",
    "inf",
    "0x10",
    "٣",
    "３",
    "1_0",
)
_ODD = (
    *("\x00", "a\x00b", "\x1b[2J", "\u202eeuf em", "me\u200bpega", "\ufeff", "\ufdd0", "🧑‍🤝‍🧑" * 40, "e" + "\u0301" * 300),  # noqa: E501
    *("null", "true", "[]", '{"a": ', "{{ 7 * 7 }}", "${jndi:x}", "'; DROP TABLE people; --", "<script>", "%00"),
    *("whatsapp:", "whatsapp:+", "whatsapp:CO.123", "+", "+57300", "57 300 111 2233", "http://[", "file:///etc/passwd"),
    *("http://127.0.0.1:1/x", "image/", "image/png; a=b", "/inform{", '/inform{"safe_now": "yes"}', "read"),
    *("delivered", "failed", "\r\nX: y", "63018", "21610", "63016", "30003"),
)  # fmt: skip

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(str.encode)
_value = st.one_of(
    st.sampled_from(_NUMBERS).map(str.encode),
    st.sampled_from(_ODD).map(str.encode),
    _text,
    st.binary(max_size=40),  # not UTF-8 at all
    st.tuples(_text, st.integers(1, 2_000)).map(lambda pair: pair[0] * pair[1]),
    _text.map(lambda text: text + SECRET.encode()),
    _text.map(lambda text: SECRET.encode() + text),
)
_name = st.one_of(st.sampled_from([*INBOUND, *STATUS]).map(str.encode), _text)
Pairs = Sequence[tuple[bytes, bytes]]


def encode(pairs: Pairs) -> bytes:
    """The body of a form; keys may come twice."""
    return b"&".join(quote_plus(name).encode() + b"=" + quote_plus(value).encode() for name, value in pairs)


@st.composite
def inbound(draw: st.DrawFn) -> Pairs:
    """A message from a person, of whom there are a few, with some of its fields wrong, twice or missing."""
    whole = {
        "MessageSid": f"SM{uuid4().hex}",
        "From": draw(st.sampled_from(["whatsapp:", ""])) + f"+5730055500{draw(st.integers(0, 5)):02}",
        "To": "whatsapp:+5726203580",
        "Body": draw(st.sampled_from(["buenas", "1", "me pega", "SALIR", f"hola {SECRET}"])),
        "NumMedia": "0",
    }
    return _spoiled(draw, whole, INBOUND)


@st.composite
def status(draw: st.DrawFn) -> Pairs:
    """What became of a letter, with some of its fields wrong, twice or missing."""
    words = ["queued", "sent", "delivered", "read", "failed", "undelivered", "canceled", "accepted", "scheduled"]
    whole = {
        "MessageSid": f"SM{draw(st.integers(1, 5))}",
        "MessageStatus": draw(st.sampled_from(words)),
        "ErrorCode": draw(st.sampled_from(["", "63018", "30001", "63016", "30003", "21610", "0", "٣٠٠٠٣"])),
        "To": "whatsapp:+573001112233",
    }
    return _spoiled(draw, whole, STATUS)


def _spoiled(draw: st.DrawFn, whole: dict[str, str], names: Sequence[str]) -> Pairs:
    gone = draw(st.sets(st.sampled_from(sorted(whole)), max_size=1))
    kept = [(name.encode(), value.encode()) for name, value in whole.items() if name not in gone]
    field = st.one_of(st.sampled_from(names).map(str.encode), _name)
    drawn = draw(st.lists(st.tuples(field, _value), max_size=6))
    # An id is for the logs, whatever stands in it.
    more = [(name, value.replace(SECRET.encode(), b"x") if name in _IDS else value) for name, value in drawn]
    instead = {name for name, _ in more} if draw(st.booleans()) else set()
    return draw(st.permutations([*(pair for pair in kept if pair[0] not in instead), *more]))
