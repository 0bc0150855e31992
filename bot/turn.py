"""One turn: what waited in the inbox, folded through the dialogue, as what is to be written. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.dialogue.effects import (
    CancelReminder,
    Effect,
    Forget,
    LogSession,
    NoteConsent,
    Remind,
    RequestHuman,
    Say,
    Seal,
    Silence,
    SpeakAs,
    Withdraw,
)
from bot.dialogue.engine import advance, fail
from bot.dialogue.flow import FlowBook
from bot.dialogue.render import merge
from bot.dialogue.state import Event, Phone, State, Turn
from bot.messages import (
    Address,
    ClockStruck,
    DeliveryFailed,
    Entry,
    ForgetAsked,
    MediaKind,
    PersonMessage,
    Role,
    StaffAction,
    TimerFired,
    Understanding,
    WordAgreed,
)
from bot.outcomes import outcome_of
from bot.safety import command, number
from bot.shifts import Attendance
from bot.takeover import load_times

_PHONE = re.compile(r"\+\d{8,15}")
_WHATSAPP_USER = re.compile(r"[A-Z]{2}\.\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that happened: usually a message, or the messages of one burst as one text."""

    entries: int
    text: str = ""
    payload: str | None = None
    media: tuple[MediaKind, ...] = ()
    has_location: bool = False
    timer: str | None = None
    failed: str | None = None
    forget: bool = False
    word: str | None = None
    word_given: bool = False
    staff: StaffAction | None = None
    struck: bool = False
    sent_at: datetime | None = None

    @property
    def by_person(self) -> bool:
        """Whether the person herself did it."""
        of_ours = self.timer is not None or self.failed is not None or self.forget or self.word is not None
        return not of_ours and self.staff is None and not self.struck


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a turn came to. ``ending`` is ``reply``, ``human`` or the name of a silence.

    ``things`` is how many of the things that were heard it took; the rest is for the next turn.
    """

    state: State
    ending: str
    things: int
    says: tuple[Say, ...] = ()
    requests: tuple[RequestHuman, ...] = ()
    reminders: tuple[Remind | CancelReminder, ...] = ()
    logs: tuple[LogSession, ...] = ()
    forget: Forget | None = None
    seals: bool = False
    locks: bool = False
    speaks_as: SpeakAs | None = None
    consents: tuple[NoteConsent, ...] = ()
    author: str = "bot"
    withdraws: bool = False


def gather(entries: Sequence[Entry], *, is_word: Callable[[str], bool] = lambda _: False) -> tuple[Heard, ...]:
    """Put what waited into things that happened: a burst of plain words is one text.

    ``is_word`` tells of one whole message whether it is the writer's personal word.
    """
    heard: list[Heard] = []
    for entry in entries:
        one = _heard(entry)
        if one.text and is_word(one.text):
            one = replace(one, word_given=True)
        if heard and _is_plain(one) and _is_plain(heard[-1]):
            last = heard[-1]
            given = last.word_given or one.word_given
            heard[-1] = replace(last, entries=last.entries + 1, text=f"{last.text}\n{one.text}", word_given=given)
        else:
            heard.append(one)
    return tuple(heard)


def take_turn(  # noqa: PLR0913 - what was heard, and all that is known around it
    book: FlowBook,
    state: State,
    heard: Sequence[tuple[Heard, Understanding]],
    *,
    channel: str,
    now: datetime,
    given_up: Sequence[Heard] = (),
    attended: Attendance | None = None,
    can_reopen: bool = False,
    is_spent: bool = False,
) -> Taken:
    """Fold what was heard, in order, through the dialogue. Deterministic; ``now`` is aware.

    ``given_up`` came before it and failed three times: a person is asked for, and she is told so if it was hers.
    What makes her speak in another role begins a turn: whatever came before it is answered, and written, first. But
    what a worker sent in the same burst in which she says that it is for herself is hers, and goes with her.
    """
    effects: list[Effect] = []
    locks, began = False, state
    if given_up:
        turn = fail(book, state, now)
        is_hers = any(one.by_person for one in given_up)
        state, effects = turn.state, [one for one in turn.effects if is_hers or not isinstance(one, Say)]
    for before, (one, understanding) in enumerate(heard):
        event = Event(
            now=now,
            channel=channel,
            text=one.text,
            payload=one.payload,
            media=one.media,
            has_location=one.has_location,
            timer=one.timer,
            failed=one.failed,
            forget=one.forget,
            word=one.word,
            word_given=one.word_given,
            understanding=understanding,
            attended=attended,
            can_reopen=can_reopen,
            is_spent=is_spent,
        )
        # An answer that comes so long after her words finds who knows whom at the phone.
        is_late = one.sent_at is not None and now - one.sent_at >= load_times().late_words
        turn = advance(book, _doubtful(state) if is_late else state, event)
        if is_late:
            turn = _without_parting(turn)
        if not one.by_person:
            turn = _only_what_may_come_first(turn, one)
        if turn.state.role is not state.role and (before or given_up):
            hers = [heard[before], *heard[:before], *heard[before + 1 :]]
            if not given_up and _is_her_own_burst(began, turn.state, heard[:before]):
                taken = take_turn(book, began, hers, channel=channel, now=now, attended=attended, is_spent=is_spent)
                if taken.things == len(heard):
                    return taken
            return replace(taken_from(state, effects, before), locks=locks or state.phone.is_locked)
        if turn.state.phone.is_locked:
            # What was going to be said before is not said after "SALIR", even if she writes on at once.
            locks, effects = True, [effect for effect in effects if not isinstance(effect, Say)]
        state, effects = turn.state, [*effects, *turn.effects]
    return replace(taken_from(state, effects, len(heard)), locks=locks or state.phone.is_locked)


def unreachable_turn(state: State, heard: Sequence[Heard]) -> Taken:
    """The sender is a machine's short name or code, which nobody can answer."""
    return Taken(state=state, ending="unreachable", things=len(heard))


def is_reachable(address: Address) -> bool:
    """Whether an answer can arrive: a phone number, a WhatsApp user, or one of our own phones."""
    if address.channel == "whatsapp":
        return bool(_PHONE.fullmatch(address.value) or _WHATSAPP_USER.fullmatch(address.value))
    return address.channel != "sms" or bool(_PHONE.fullmatch(address.value))


def _heard(entry: Entry) -> Heard:
    match entry:
        case PersonMessage():
            return Heard(
                entries=1,
                text=entry.text,
                payload=entry.payload,
                media=tuple(item.kind for item in entry.media),
                has_location=entry.location is not None,
                sent_at=entry.sent_at,
            )
        case TimerFired():
            return Heard(entries=1, timer=entry.name)
        case DeliveryFailed():
            return Heard(entries=1, failed=outcome_of(entry.code).name)
        case ForgetAsked():
            return Heard(entries=1, forget=True)
        case WordAgreed():
            return Heard(entries=1, word=entry.digest)
        case StaffAction():
            return Heard(entries=1, staff=entry)
        case ClockStruck():
            return Heard(entries=1, struck=True)
        case _:
            assert_never(entry)


def _is_her_own_burst(began: State, now: State, before: Sequence[tuple[Heard, Understanding]]) -> bool:
    """Whether a worker left the brigade, and nothing that she sent just before was an answer of the brigade's."""
    leaves = began.role is Role.BRIGADE and now.role is Role.WOMAN
    return leaves and all(one.by_person and one.payload is None and number(one.text) is None for one, _ in before)


def _is_plain(heard: Heard) -> bool:
    # Her personal word is no other kind of message: it is answered in its burst like any.
    only_words = heard == Heard(
        entries=heard.entries, text=heard.text, word_given=heard.word_given, sent_at=heard.sent_at
    )
    return only_words and bool(heard.text) and command(heard.text) is None and number(heard.text) is None


def _doubtful(state: State) -> State:
    """Her word was long on its way: that it was safe to write then says nothing of now (seguridad §1)."""
    return replace(state, phone=Phone.UNKNOWN) if state.phone is Phone.SAFE else state


def _without_parting(turn: Turn) -> Turn:
    """The last words before a lock go at once or never; she left long ago."""
    return replace(turn, effects=tuple(one for one in turn.effects if not (isinstance(one, Say) and one.parting)))


def _only_what_may_come_first(turn: Turn, heard: Heard) -> Turn:
    """Unasked, only what has an end to its time is said, which an agreement alone gives; and her erasure's one word."""
    if heard.forget:
        return turn
    kept = tuple(effect for effect in turn.effects if not isinstance(effect, Say) or effect.until is not None)
    return replace(turn, effects=kept)


def taken_from(state: State, effects: Sequence[Effect], things: int) -> Taken:
    """The effects of a turn, sorted by what becomes of them; to a locked phone only last words are left."""
    says = merge([effect for effect in effects if isinstance(effect, Say)])
    if state.phone.is_locked:
        # The engine says nothing else before a lock; the outbox must not depend on it.
        says = tuple(say for say in says if say.parting)
    requests = tuple(effect for effect in effects if isinstance(effect, RequestHuman))
    silences = [effect.reason for effect in effects if isinstance(effect, Silence)]
    ending = "reply" if says else "human" if requests else silences[-1] if silences else "nothing"
    return Taken(
        state=state,
        ending=ending,
        things=things,
        says=tuple(says),
        requests=requests,
        reminders=tuple(effect for effect in effects if isinstance(effect, Remind | CancelReminder)),
        logs=tuple(effect for effect in effects if isinstance(effect, LogSession)),
        forget=next((effect for effect in effects if isinstance(effect, Forget)), None),
        seals=any(isinstance(effect, Seal) for effect in effects),
        speaks_as=next((effect for effect in effects if isinstance(effect, SpeakAs)), None),
        consents=tuple(effect for effect in effects if isinstance(effect, NoteConsent)),
        withdraws=any(isinstance(effect, Withdraw) for effect in effects),
    )
