"""The engine alone as a driver: no database, no network, a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from bot.dialogue.effects import (
    CancelReminder,
    Effect,
    LogSession,
    NoteConsent,
    Remind,
    RequestHuman,
    Say,
    Silence,
    SpeakAs,
)
from bot.dialogue.engine import advance
from bot.dialogue.flow import FlowBook
from bot.dialogue.load import load_book
from bot.dialogue.render import merge
from bot.dialogue.state import Event, State
from bot.messages import Alert, MediaKind, Reply, Understanding
from bot.nlu.interpreter import joined, where_sure
from bot.outcomes import outcome_of
from bot.safety import command, number

#: She needs this long for a message.
_TYPING = timedelta(seconds=20)


@cache
def the_book() -> FlowBook:
    """The product's content, read once a run."""
    return load_book()


class PureDriver:
    """Implements the runner's ``Driver``."""

    def __init__(self, book: FlowBook) -> None:
        self._book = book

    async def begin(self, *, at: datetime, channel: str) -> None:
        self._now, self._channel = at, channel
        self.state, self._effects = State(), tuple[Effect, ...]()
        self._due: dict[str, datetime] = {}
        self._row: dict[str, object] = {"topics": [], "alert": "none", "role": "woman"}

    async def user(
        self,
        text: str = "",
        *,
        payload: str | None = None,
        media: tuple[MediaKind, ...] = (),
        has_location: bool = False,
        understood: Understanding | None = None,
    ) -> None:
        self._now += _TYPING
        self._take(
            Event(
                now=self._now,
                channel=self._channel,
                text=text,
                payload=payload,
                media=media,
                has_location=has_location,
                understanding=understand(self._book, text, payload, understood),
            )
        )

    async def after(self, by: timedelta) -> None:
        until, self._effects = self._now + by, ()
        while due := sorted((at, name) for name, at in self._due.items() if at <= until):
            self._now, name = max(due[0][0], self._now), due[0][1]
            del self._due[name]
            self._take(Event(now=self._now, channel=self._channel, timer=name), keep=True)
        self._now = until

    async def fails(self, code: str) -> None:
        self._take(Event(now=self._now, failed=outcome_of(code).name))

    async def erase(self) -> None:
        self._take(Event(now=self._now, forget=True))

    async def said(self) -> Sequence[Reply]:
        return [say.reply for say in merge([e for e in self._effects if isinstance(e, Say)])]

    async def asked(self) -> Sequence[str]:
        return [effect.reason for effect in self._effects if isinstance(effect, RequestHuman)]

    async def silence(self) -> str | None:
        return next((effect.reason for effect in self._effects if isinstance(effect, Silence)), None)

    async def phone(self) -> str:
        return self.state.phone.value

    async def logged(self) -> Mapping[str, object]:
        return self._row

    async def noted(self) -> Sequence[str]:
        notes = [effect for effect in self._effects if isinstance(effect, NoteConsent)]
        return [" ".join(filter(None, (note.layer, note.answer, note.institution))) for note in notes]

    def _take(self, event: Event, *, keep: bool = False) -> None:
        turn = advance(self._book, self.state, event)
        self.state = turn.state
        self._effects = (*self._effects, *turn.effects) if keep else turn.effects
        for effect in turn.effects:
            match effect:
                case Remind(name=name, after=after):
                    self._due[name] = event.now + after
                case CancelReminder(name=name):
                    self._due.pop(name, None)
                case LogSession():
                    self._log(effect)
                case SpeakAs(role=role):  # another conversation, and so another row
                    self._row = {"topics": [], "alert": "none", "role": role.value}
                case _:
                    pass

    def _log(self, log: LogSession) -> None:
        topics = self._row["topics"]
        assert isinstance(topics, list)
        if log.topic and log.topic not in topics:
            topics.append(log.topic)
        for key in ("municipality", "zone", "outcome", "helped"):
            self._row[key] = getattr(log, key) or self._row.get(key)
        words = [alert.word for alert in Alert]
        if log.alert and words.index(log.alert.word) > words.index(str(self._row["alert"])):
            self._row["alert"] = log.alert.word


def understand(book: FlowBook, text: str, payload: str | None, nlu: Understanding | None) -> Understanding:
    """What the interpreter makes of a text: words and NLU together, as in the service."""
    if payload is not None or not text or command(text) is not None or number(text) is not None:
        return Understanding()
    return where_sure(joined(text, nlu or Understanding(), book.facts.territory))
