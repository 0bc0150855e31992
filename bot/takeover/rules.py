"""Who speaks: what each act makes of a handover. Pure; ``now`` is aware.

Two promises are explored to closure and proved against the database: never two speakers; and never more than a
minute without an owner, a place in the queue, or a stated reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from bot.messages import Alert
from bot.takeover.clocks import BACK_TO_QUEUE, Bell, Clocks
from bot.takeover.handover import (
    Act,
    Attend,
    Claim,
    Close,
    Handover,
    Lift,
    Outcome,
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
)


def may_speak(handover: Handover | None, staff: UUID | None, lease: int = -1) -> bool:
    """Whether the bot (``staff`` None) or somebody of the team, with the lease she saw, may speak now."""
    if handover is None or handover.stage is not Stage.HELD:
        return staff is None
    return staff is not None and handover.owner == staff and handover.lease == lease


def take(clocks: Clocks, handover: Handover, act: Act, now: datetime) -> Outcome:
    """Do one act. What is not allowed is refused with its reason and changes nothing."""
    match act:
        case Requested():
            return _request(handover, act)
        case PersonWrote():
            waits_since = handover.unanswered_since or now
            struck = handover.struck - _WINDOW
            # Her word is newer than the coordinator's: the lock is what she says it is.
            heard = replace(handover, wrote_at=now, unanswered_since=waits_since, struck=struck, lifted_until=None)
            return Outcome(handover=heard)
        case Claim():
            return _claim(clocks, handover, act, now)
        case Strike():
            return _strike(clocks, handover, now)
        case Lift():
            if handover.stage is not Stage.HELD:
                return Outcome(handover=handover, refused=Refusal.NOTHING_OPEN)
            return Outcome(handover=replace(handover, lifted_until=now + clocks.lifted))
        case Speak() | Show() | Attend() | Transfer() | Release() | Close():
            if handover.stage is not Stage.HELD:
                return Outcome(handover=handover, refused=Refusal.NOTHING_OPEN)
            if not may_speak(handover, act.staff, act.lease):
                return Outcome(handover=handover, refused=Refusal.STALE)
            return _own(clocks, replace(handover, acted_at=now, lost_at=None), act, now)
        case _:
            assert_never(act)


def next_strike(clocks: Clocks, handover: Handover) -> datetime | None:
    """When the next clock is due; None if all that run have struck."""
    return min((at for at, _ in _due(clocks, handover)), default=None)


def standing(handover: Handover, now: datetime) -> str:
    """Why she is not left alone: ``owner``, ``queue``, ``bot``, or what the owner said that she is doing."""
    match handover.stage:
        case Stage.WAITING:
            return "queue"
        case Stage.CLOSED:
            return "bot"
        case Stage.HELD:
            is_busy = handover.busy_until is not None and now < handover.busy_until
            return handover.busy.value if is_busy and handover.busy else "owner"
        case _:
            assert_never(handover.stage)


_WINDOW = frozenset({"window_20h", "window_22h", "window_23h"})


def _request(handover: Handover, act: Requested) -> Outcome:
    if act.alert <= handover.alert:
        return Outcome(handover=handover)
    # Graver than before: the clocks of the graver alert run anew from where they stand.
    kept = handover.struck & _WINDOW
    raised = replace(handover, alert=act.alert, reason=act.reason, struck=kept)
    tells = (Tell(what="raised", whom=handover.owner),) if handover.stage is Stage.HELD else ()
    return Outcome(handover=raised, tells=tells)


def _claim(clocks: Clocks, handover: Handover, act: Claim, now: datetime) -> Outcome:
    if refused := _why_not(clocks, handover, act, now):
        return Outcome(handover=handover, refused=refused)
    had = handover.owner
    taken = _begin(handover, Stage.HELD, now)
    tells = (Tell(what="taken_over", whom=had),) if had is not None else ()
    return Outcome(handover=replace(taken, owner=act.staff, lease=handover.lease + 1, acted_at=now), tells=tells)


def _why_not(clocks: Clocks, handover: Handover, act: Claim, now: datetime) -> Refusal | None:
    """Why she may not claim it; None if she may."""
    if handover.stage is Stage.CLOSED:
        return Refusal.NOTHING_OPEN
    if handover.stage is Stage.HELD and (handover.owner == act.staff or not handover.wants_a_second):
        return Refusal.TAKEN
    is_kept = handover.reserved_for not in (None, act.staff) and now < handover.since + clocks.reserved
    if is_kept and handover.alert < Alert.EMERGENCY:
        return Refusal.RESERVED
    hands, is_emergency = act.hands, handover.alert == Alert.EMERGENCY
    if hands.chats >= clocks.most_chats or (is_emergency and hands.emergencies >= clocks.most_emergencies):
        return Refusal.HANDS_FULL
    if hands.emergency_closed_at is not None and now < hands.emergency_closed_at + clocks.rest:
        return Refusal.RESTING
    return None


def _own(
    clocks: Clocks, handover: Handover, act: Speak | Show | Attend | Transfer | Release | Close, now: datetime
) -> Outcome:
    """An act of the owner, whose lease is good."""
    match act:
        case Speak():
            answered = replace(
                handover,
                unanswered_since=None,
                first_reply_at=handover.first_reply_at or now,
                struck=handover.struck & _WINDOW,
            )
            return Outcome(handover=answered)
        case Show():
            return Outcome(handover=handover)
        case Attend():
            return Outcome(handover=replace(handover, busy=act.busy, busy_until=now + clocks.attending))
        case Transfer(to_staff=None, to_zone=None) | Transfer(to_staff=act.staff):
            return Outcome(handover=handover, refused=Refusal.UNKNOWN_RECEIVER)
        case Transfer():
            queued = replace(_begin(handover, Stage.WAITING, now), lease=handover.lease + 1)
            queued = replace(queued, reserved_for=act.to_staff, zone=act.to_zone or handover.zone)
            return Outcome(handover=queued, tells=(Tell(what="handed_over", whom=act.to_staff),))
        case Release() | Close():
            closed = replace(_begin(handover, Stage.CLOSED, now), lease=handover.lease + 1, unanswered_since=None)
            return Outcome(handover=closed, returns_to_bot=True)
        case _:
            assert_never(act)


def _begin(handover: Handover, stage: Stage, now: datetime) -> Handover:
    """A new stage: whoever had it has it no more, and its clocks begin anew."""
    return replace(
        handover,
        stage=stage,
        since=now,
        owner=None,
        reserved_for=None,
        acted_at=None,
        lost_at=None,
        busy=None,
        busy_until=None,
        lifted_until=None,
        struck=handover.struck & _WINDOW,
    )


def _strike(clocks: Clocks, handover: Handover, now: datetime) -> Outcome:
    """Everything that is due, in the order in which it was due; what gives the place back ends the others."""
    tells: list[Tell] = []
    for _, bell in sorted((due for due in _due(clocks, handover) if due[0] <= now), key=lambda due: due[0]):
        if bell.tell == BACK_TO_QUEUE:
            lapsed = replace(_begin(handover, Stage.WAITING, now), lease=handover.lease + 1)
            raised = replace(lapsed, raised=handover.raised + 1)
            return Outcome(handover=raised, tells=(*tells, Tell(what=BACK_TO_QUEUE, whom=handover.owner)))
        handover = replace(handover, struck=handover.struck | {bell.tell})
        tells.append(Tell(what=bell.tell, whom=handover.owner if handover.stage is Stage.HELD else None))
    return Outcome(handover=handover, tells=tuple(tells))


def _due(clocks: Clocks, handover: Handover) -> Iterator[tuple[datetime, Bell]]:
    """Every bell that runs and has not struck, and when it is due."""
    for start, bells in _running(clocks, handover):
        yield from ((start + bell.after, bell) for bell in bells if bell.tell not in handover.struck)


def _running(clocks: Clocks, handover: Handover) -> Iterator[tuple[datetime, Sequence[Bell]]]:
    match handover.stage:
        case Stage.WAITING:
            yield handover.since, clocks.unclaimed[handover.alert]
        case Stage.HELD:
            if handover.unanswered_since is not None:
                since = _latest(handover.unanswered_since, handover.acted_at, handover.busy_until, handover.since)
                yield since, clocks.unattended[handover.alert]
            if handover.lost_at is not None:
                yield _latest(handover.lost_at, handover.busy_until), clocks.lost
            if handover.wrote_at is not None:
                yield handover.wrote_at, clocks.window
        case Stage.CLOSED:
            pass
        case _:
            assert_never(handover.stage)


def _latest(first: datetime, *others: datetime | None) -> datetime:
    return max(first, *(other for other in others if other is not None)) if any(others) else first
