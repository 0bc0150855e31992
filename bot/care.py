"""A turn with people in it: what staff does, what clocks strike, and what her words mean for whoever waits. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from bot.closing import VETOED, Closing
from bot.dialogue.actions import keep_contact
from bot.dialogue.agreement import IfOther, Way
from bot.dialogue.contact import Contact, closes_at, is_over, may_contact
from bot.dialogue.effects import LogSession, NoteConsent, Remind, Say
from bot.dialogue.facts import zone_of
from bot.dialogue.flow import FlowBook
from bot.dialogue.handing import Handed, hand
from bot.dialogue.lock import phone_now
from bot.dialogue.promise import first_words
from bot.dialogue.state import Event, Mode, Phone, State, Turn
from bot.messages import Reply, Role, StaffAction, StaffDeed, Understanding
from bot.shifts import Attendance
from bot.takeover import (
    Act,
    Attend,
    Busy,
    Claim,
    Clocks,
    Close,
    Handover,
    Hands,
    Lift,
    PersonWrote,
    Refusal,
    Release,
    Requested,
    Show,
    Speak,
    Stage,
    Strike,
    Tell,
    Transfer,
    take,
)
from bot.turn import Heard, Taken, taken_from

#: What a staff entry ends with when it was done; otherwise the reason for which it was not.
DONE, PHONE_LOCKED, PHONE_UNKNOWN = "done", "phone_locked", "phone_unknown"
#: Why a coordinator may not lift the lock: she gave no reason, the person asked for nothing more, it is a shop's phone.
NO_REASON, STOPPED, SHOP_PHONE = "empty", "stopped", "shop_phone"
#: A closing names an entity that she does not want told: she said so while the form was being filled.
FORBIDDEN = "vetoed"
#: What she said by voice, and somebody of the team wrote down; there is no text of ours that she answered.
BY_VOICE = "spoken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """Where the handover of a conversation stands after a turn; None: nobody was ever asked for, or it is over.

    ``closed``: somebody of the team ended it, with what she noted.
    """

    taken: Taken
    handover: Handover | None
    tells: tuple[Tell, ...] = ()
    closed: StaffAction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What does not change within a turn.

    ``hands``: what the one who claims holds besides. ``vetoed``: the entities of a closing that she wants not told.
    ``attended``: who is planned to be there. ``can_reopen``: the neutral question is an approved template here.
    """

    book: FlowBook
    clocks: Clocks
    channel: str
    now: datetime
    hands: Hands = field(default_factory=Hands)
    vetoed: frozenset[str] = frozenset()
    can_reopen: bool = False
    attended: Attendance | None = None


def is_of_people(heard: Heard) -> bool:
    """Whether it is an act of staff, or a clock that counts for them."""
    return heard.staff is not None or heard.struck


def of_one_turn(heard: tuple[Heard, ...]) -> tuple[Heard, ...]:
    """What may be taken together: an act of staff, and a clock, are turns of their own."""
    for place, one in enumerate(heard):
        if is_of_people(one):
            return heard[: max(place, 1)]
    return heard


def follow(
    scene: Scene,
    handover: Handover | None,
    taken: Taken,
    heard: Sequence[tuple[Heard, Understanding]],
    *,
    handover_id: UUID,
) -> Care:
    """What a turn of hers, or of a timer, means for whoever waits: she wrote, and somebody is asked for.

    A turn in which she begins to speak in another role asks in that role's conversation: it is left as it is.
    """
    if taken.speaks_as is not None:
        return Care(taken=taken, handover=None)
    now, tells = scene.now, list[Tell]()
    acts: list[Act] = [Requested(reason=one.reason, alert=one.alert) for one in taken.requests]
    if any(one.by_person for one, _ in heard):
        acts.append(PersonWrote())
    for act in acts:
        if handover is None and isinstance(act, Requested):
            handover = Handover(id=handover_id, reason=act.reason, alert=act.alert, since=now)
        elif handover is not None:
            outcome = take(scene.clocks, handover, act, now)
            handover, tells = outcome.handover, [*tells, *outcome.tells]
    return Care(taken=replace(taken, requests=()), handover=handover, tells=tuple(tells))


def act(scene: Scene, state: State, handover: Handover | None, heard: Heard) -> Care:
    """Do what somebody of the team asks, or what a clock says; ``ending`` is ``done`` or why not."""
    if heard.staff is None:
        return _strike(scene, state, handover)
    wanted = heard.staff
    if wanted.deed is StaffDeed.NOTE:
        return Care(taken=_unchanged(state, DONE), handover=handover)
    if handover is None:
        return Care(taken=_unchanged(state, Refusal.NOTHING_OPEN), handover=None)
    outcome = take(scene.clocks, handover, _as_act(wanted, scene.hands), scene.now)
    if outcome.refused is not None:
        return Care(taken=_unchanged(state, outcome.refused), handover=handover)
    if wanted.deed is StaffDeed.SAY:
        if refused := _may_not_write(state, handover, scene.now):
            return Care(taken=_unchanged(state, refused), handover=handover)
        return Care(taken=_said(state, scene.now, wanted), handover=outcome.handover, tells=outcome.tells)
    if wanted.deed is StaffDeed.LIFT and (refused := _may_not_lift(state, wanted)):
        return Care(taken=_unchanged(state, refused), handover=handover)
    if wanted.deed is StaffDeed.CLOSE and wanted.closing is not None:
        if scene.vetoed:
            return Care(taken=_unchanged(state, FORBIDDEN), handover=handover)
        closed = _closed(scene, _taken(scene, state, wanted.deed), wanted.closing)
        return Care(taken=closed, handover=outcome.handover, tells=outcome.tells, closed=wanted)
    return Care(taken=_taken(scene, state, wanted.deed), handover=outcome.handover, tells=outcome.tells)


def _as_act(wanted: StaffAction, hands: Hands) -> Act:
    who, lease = wanted.staff_id, wanted.lease
    match wanted.deed:
        case StaffDeed.CLAIM:
            return Claim(staff=who, hands=hands)
        case StaffDeed.SAY:
            return Speak(staff=who, lease=lease)
        case StaffDeed.ASK_SAFE | StaffDeed.NOTE:
            return Show(staff=who, lease=lease)
        case StaffDeed.LIFT:
            return Lift(staff=who)
        case StaffDeed.CALLING:
            return Attend(staff=who, lease=lease, busy=Busy.CALLING)
        case StaffDeed.ACCOMPANYING:
            return Attend(staff=who, lease=lease, busy=Busy.ACCOMPANYING)
        case StaffDeed.TRANSFER:
            return Transfer(staff=who, lease=lease, to_staff=wanted.to_staff, to_zone=wanted.to_zone)
        case StaffDeed.RELEASE:
            return Release(staff=who, lease=lease)
        case StaffDeed.CLOSE:
            return Close(staff=who, lease=lease)
        case _:
            assert_never(wanted.deed)


_LEADS_TO = {
    StaffDeed.CLAIM: Handed.TAKEN,
    StaffDeed.ASK_SAFE: Handed.ASKED,
    StaffDeed.TRANSFER: Handed.QUEUED,
    StaffDeed.RELEASE: Handed.RETURNED,
    StaffDeed.CLOSE: Handed.CLOSED,
}


def _taken(scene: Scene, state: State, deed: StaffDeed) -> Taken:
    if deed not in _LEADS_TO:
        return _unchanged(state, DONE)
    if deed is StaffDeed.ASK_SAFE and phone_now(state, scene.now).is_locked:
        return _unchanged(state, PHONE_LOCKED)
    if deed is StaffDeed.ASK_SAFE and is_over(scene.channel, state.heard_at, scene.now):
        return _asked_late(scene, state)
    turn = hand(scene.book, state, _event(scene), _LEADS_TO[deed])
    return replace(_of(turn), ending=DONE)


def _asked_late(scene: Scene, state: State) -> Taken:
    """Beyond the provider's window the question goes only as she agreed, once, as a template; else why it does not."""
    zone, agreement = scene.book.facts.hours.timezone, state.agreement
    answer = may_contact(
        agreement,
        state.phone,
        scene.now,
        channel=scene.channel,
        heard_at=state.heard_at,
        timezone=zone,
        can_reopen=scene.can_reopen,
    )
    if agreement is None or answer is not Contact.TEMPLATE:
        return _unchanged(state, answer)
    # Nobody knows who reads it: until she answers her phone is not hers, and a second one does not go.
    turn = hand(scene.book, replace(state, phone=Phone.UNKNOWN), _event(scene), Handed.ASKED)
    until = closes_at(agreement, scene.now, zone)
    effects = tuple(first_words(turn.effects, until=until, as_template=True))
    return replace(_of(replace(turn, effects=effects)), ending=DONE)


def _closed(scene: Scene, taken: Taken, closing: Closing) -> Taken:
    """What was noted at the end, as the session's row, her vetoes, and how she may be looked for."""
    facts, state, reminds = scene.book.facts, taken.state, tuple[Remind, ...]()
    log = LogSession(
        municipality=closing.municipality,
        zone=zone_of(facts, closing.municipality) if closing.municipality else None,
        outcome=closing.outcome,
    )
    vetoes = tuple(
        NoteConsent(layer="share", answer="refused", text=BY_VOICE, version=BY_VOICE, institution=offer.institution)
        for offer in closing.offers
        if offer.answer == VETOED
    )
    if closing.contact is not None:
        wish = closing.contact
        other = IfOther(wish.if_other) if wish.if_other else None
        event = replace(_event(scene), attended=scene.attended)
        band = facts.hours.bands[wish.band]
        done = keep_contact(Way(wish.way), band, other, event=event, facts=facts, municipality=closing.municipality)
        reminds = tuple(effect for effect in done.effects if isinstance(effect, Remind))
        if done.agreement is not None:
            state = replace(state, agreement=replace(done.agreement, channel=scene.channel))
        state = replace(state, reminders=tuple(sorted({*state.reminders, *(one.name for one in reminds)})))
    return replace(
        taken,
        state=state,
        logs=(*taken.logs, log),
        consents=(*taken.consents, *vetoes),
        reminders=(*taken.reminders, *reminds),
    )


def _strike(scene: Scene, state: State, handover: Handover | None) -> Care:
    if handover is None:
        return Care(taken=_unchanged(state, Refusal.NOTHING_OPEN), handover=None)
    outcome = take(scene.clocks, handover, Strike(), scene.now)
    if handover.stage is Stage.HELD and outcome.handover.stage is Stage.WAITING:
        taken = _of(hand(scene.book, state, _event(scene), Handed.QUEUED))
    else:
        taken = _unchanged(state, DONE)
    return Care(taken=taken, handover=outcome.handover, tells=outcome.tells)


def _may_not_write(state: State, handover: Handover, now: datetime) -> str | None:
    """The lock holds for people too, unless a coordinator has lifted it for this moment (seguridad §1)."""
    phone = phone_now(state, now)
    is_lifted = handover.lifted_until is not None and now < handover.lifted_until
    if phone is Phone.SAFE or is_lifted:
        return None
    return PHONE_LOCKED if phone.is_locked else PHONE_UNKNOWN


def _may_not_lift(state: State, wanted: StaffAction) -> str | None:
    """No coordinator opens what she herself has ended, nor a shop's phone (seguridad §4 and §11)."""
    if not wanted.text.strip():
        return NO_REASON
    if state.mode is Mode.STOPPED or state.forgetting:
        return STOPPED
    return SHOP_PHONE if state.role is Role.BRIGADE else None


def _said(state: State, now: datetime, wanted: StaffAction) -> Taken:
    # What a coordinator lets out in spite of the lock goes now or never, as last words do.
    is_locked = phone_now(state, now) is not Phone.SAFE
    say = Say(reply=Reply(text=wanted.text), response="", parting=is_locked)
    return Taken(state=state, ending=DONE, things=1, says=(say,), author=str(wanted.staff_id))


def _event(scene: Scene) -> Event:
    return Event(now=scene.now, channel=scene.channel)


def _of(turn: Turn) -> Taken:
    return replace(taken_from(turn.state, turn.effects, 1), locks=turn.state.phone.is_locked)


def _unchanged(state: State, ending: str) -> Taken:
    return Taken(state=state, ending=str(ending), things=1)
