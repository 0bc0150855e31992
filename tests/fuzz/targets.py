"""What is fuzzed: each takes any bytes, and raises only if a promise was broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from pydantic import TypeAdapter

from bot.dialogue.effects import Say
from bot.dialogue.engine import advance
from bot.dialogue.patterns import PARTING, SAYABLE_UNKNOWN
from bot.dialogue.state import Event, Phone, State, Turn
from bot.errors import MalformedMessage
from bot.messages import Alert, MediaKind
from bot.safety import screen
from channels.twilio.parse import parse_message, parse_report
from channels.twilio.webhook import form_of
from channels.twilio.words import LONGEST_TEXT
from tests.dialogue.pure import the_book, understand
from tests.nlu_report.examples import learned

_START = datetime(2026, 11, 23, 15, tzinfo=UTC)
_STATE: TypeAdapter[State] = TypeAdapter(State)
_GAPS = (timedelta(seconds=2), timedelta(minutes=3), timedelta(minutes=21), timedelta(hours=13))
_TIMERS = ("crisis_silence", "gone", "nobody", "")
_MOST_EVENTS = 12
_WHOLE = {"MessageSid": "SM1", "From": "whatsapp:+573001112233", "To": "whatsapp:+5726203580", "Body": "hola"}
_FIELDS = (
    *("Body", "From", "To", "MessageSid", "ButtonPayload", "ButtonText", "ListId", "NumMedia", "MediaUrl0"),
    *("MediaContentType0", "Latitude", "Longitude", "MessageStatus", "ErrorCode", "DateSent", "ExternalUserId"),
)


class Bytes:
    """Takes numbers and texts off the front; when there is nothing left, zeros and empty texts."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def number(self, below: int) -> int:
        """0 to ``below`` - 1, of one byte."""
        first, self.rest = self.rest[:1], self.rest[1:]
        return (first[0] if first else 0) % below

    def text(self) -> str:
        """Up to 255 bytes as UTF-8, whatever is wrong in it replaced."""
        length = self.number(256)
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken.decode("utf-8", "replace")


def webhook(data: bytes) -> None:
    """A form is read or refused in our own words; what is read can be kept."""
    name, _, value = data.partition(b"=")
    field = _FIELDS[len(name) % len(_FIELDS)]
    for form in (dict(form_of(data)), _WHOLE | dict(form_of(data)), _WHOLE | {field: value.decode("utf-8", "replace")}):
        with suppress(MalformedMessage):
            parse_report(form, "0190a1b2-0000-7000-8000-000000000000")
        with suppress(MalformedMessage):
            message = parse_message(form, whatsapp_number="whatsapp:+5726203580")
            assert len(message.text) <= LONGEST_TEXT + 100
            assert "\x00" not in message.text + message.address.value + message.external_id
            message.text.encode("utf-8")


def words(data: bytes) -> None:
    """Any text is screened, and what is graver with more words stays at least as grave when it is said alone."""
    text = data.decode("utf-8", "replace")
    found = screen(text)
    assert Alert.NONE <= found.alert <= Alert.EMERGENCY
    understood = understand(the_book(), text, None, None)
    assert understood.alert >= found.alert


def talk(data: bytes) -> None:
    """Any life of a conversation keeps the promises of the phone's lock and can be kept and read again."""
    book, left, state, now = the_book(), Bytes(data), State(), _START
    kind = left.number(4)
    channel, is_spent = ("whatsapp", "sms")[kind % 2], kind >= 2
    buttons = sorted({b.payload for r in book.responses.values() for v in r.variants for b in (*v.buttons, *v.typed)})
    for _ in range(_MOST_EVENTS):
        if not left.rest:
            return
        now += _GAPS[left.number(len(_GAPS))]
        event = replace(_event(left, now, channel, buttons), is_spent=is_spent)
        if event.text:
            event = replace(event, understanding=understand(book, event.text, None, None))
        turn = advance(book, state, event)
        _check(state, event, turn)
        state = _STATE.validate_json(_STATE.dump_json(turn.state))
        assert state == turn.state


def seeds(name: str) -> list[bytes]:
    """Inputs to begin with: what people write, as that target reads it."""
    said = [text.encode()[:255] for text, _ in learned()[::40]]
    if name == "webhook":
        return [urlencode({"Body": text, "NumMedia": "1", "MediaUrl0": "https://a/b"}).encode() for text in said]
    if name == "words":
        return said
    event = [bytes([0, 7, len(text)]) + text for text in said]
    return [b"\x00" + b"".join(event[start : start + 5]) for start in range(0, len(event), 5)]


TARGETS: Mapping[str, Callable[[bytes], None]] = {"webhook": webhook, "words": words, "talk": talk}


def _event(left: Bytes, now: datetime, channel: str, buttons: list[str]) -> Event:
    match left.number(8):
        case 0:
            kind = list(MediaKind)[left.number(len(MediaKind))]
            return Event(now=now, channel=channel, media=(kind,))
        case 1:
            return Event(now=now, channel=channel, has_location=True)
        case 2:
            return Event(now=now, channel=channel, timer=_TIMERS[left.number(len(_TIMERS))])
        case 3:
            return Event(now=now, channel=channel, payload=buttons[left.number(256) % len(buttons)])
        case 4:
            return Event(now=now, channel=channel, payload=left.text())
        case 5:
            return Event(now=now, channel=channel, text=str(left.number(12)))
        case _:
            return Event(now=now, channel=channel, text=left.text())


def _check(before: State, event: Event, turn: Turn) -> None:
    says = [effect for effect in turn.effects if isinstance(effect, Say)]
    assert all(say.reply.text.strip() and "{{" not in say.reply.text for say in says)
    if turn.state.phone.is_locked:
        assert all(say.parting and say.response in PARTING for say in says)
    if turn.state.phone is Phone.UNKNOWN:
        assert {say.response for say in says} <= SAYABLE_UNKNOWN
    if before.phone.is_locked and event.timer is not None:
        assert not says
