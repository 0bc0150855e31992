"""Every order of things that can happen to one handover, explored until nothing new is found.

Time is counted in minutes; what lies further back than any clock looks is all the same age, times that no rule can
tell apart any more are made one, and leases are counted from the one that holds now, so that there are finitely many
worlds. ``python -m tests.takeover.closure`` prints how many.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bot.messages import Alert
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
    Release,
    Requested,
    Show,
    Speak,
    Stage,
    Strike,
    Transfer,
    may_speak,
    take,
)
from bot.takeover.clocks import Bell

MINUTE = timedelta(minutes=1)
ANA, BEA = UUID(int=1), UUID(int=2)
_STAFF = (ANA, BEA)
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
#: Nothing is counted further back than this.
_LONG_AGO = NOW - 4 * MINUTE
_HANDS = (Hands(), Hands(chats=3), Hands(emergency_closed_at=NOW))


def _bells(**after: int) -> tuple[Bell, ...]:
    return tuple(Bell(after=n * MINUTE, tell=tell) for tell, n in after.items())


#: The real table's bells in the real order, a minute apart.
CLOCKS = Clocks(
    unclaimed=dict.fromkeys(Alert, _bells(alarm_shift=1, alarm_coordinator=2)),
    unattended=dict.fromkeys(Alert, _bells(warn_owner=1, stand_by=2, back_to_queue=3)),
    lost=_bells(warn_owner_gone=1, back_to_queue=2),
    window=(),  # only a warning: it moves nobody
    attending=2 * MINUTE,
    reserved=1 * MINUTE,
    most_chats=3,
    most_emergencies=1,
    rest=1 * MINUTE,
    lifted=1 * MINUTE,
)


@dataclass(frozen=True, slots=True)
class World:
    """One handover, the lease that each one's tab shows (1 holds now, 0 did once), and whether a tick was late."""

    handover: Handover
    tabs: tuple[int | None, int | None] = (None, None)
    late: bool = False


def first() -> World:
    """She has just been asked for."""
    return World(Handover(id=UUID(int=9), reason="asked", alert=Alert.NONE, since=NOW))


def explore(start: World | None = None) -> tuple[set[World], int]:
    """All worlds that can be reached, and how many steps lead between them."""
    begin = _plain(start or first())
    known, todo, steps = {begin}, deque([begin]), 0
    while todo:
        for after in _steps(todo.popleft()):
            steps += 1
            if after not in known:
                known.add(after)
                todo.append(after)
    return known, steps


def speakers(world: World) -> list[UUID | None]:
    """Whoever may speak: the bot (None), and each of the team by any lease that she ever saw."""
    may: list[UUID | None] = [None] if may_speak(world.handover, None) else []
    for who, tab in zip(_STAFF, world.tabs, strict=True):
        seen = () if tab is None else range(tab + 1)
        may += [who for lease in seen if may_speak(world.handover, who, lease)]
    return may


def _steps(world: World) -> Iterator[World]:
    yield from _time(world)
    if world.handover.stage is Stage.CLOSED:
        return
    if world.handover.stage is Stage.HELD:
        yield _plain(replace(world, handover=replace(world.handover, acted_at=NOW, lost_at=None)))  # a sign of life
        if world.handover.lost_at is None:
            yield _plain(replace(world, handover=replace(world.handover, lost_at=NOW)))
    for act, who in _acts(world):
        yield _done(world, act, who)


def _acts(world: World) -> Iterator[tuple[Act, int | None]]:
    yield PersonWrote(), None
    yield Requested(reason="danger", alert=Alert.EMERGENCY), None
    for n, who in enumerate(_STAFF):
        yield from ((Claim(staff=who, hands=hands), n) for hands in _HANDS)
        yield Lift(staff=who), n
        tab = world.tabs[n]
        for lease in () if tab is None else range(tab + 1):
            yield Speak(staff=who, lease=lease), n
            yield Show(staff=who, lease=lease), n
            yield Attend(staff=who, lease=lease, busy=Busy.CALLING), n
            yield Transfer(staff=who, lease=lease, to_staff=_STAFF[1 - n]), n
            yield Transfer(staff=who, lease=lease, to_zone="Norte"), n
            yield Release(staff=who, lease=lease), n
            yield Close(staff=who, lease=lease), n


def _done(world: World, act: Act, who: int | None) -> World:
    outcome = take(CLOCKS, world.handover, act, NOW)
    tabs = list(world.tabs)
    if isinstance(act, Claim) and outcome.refused is None and who is not None:
        tabs[who] = outcome.handover.lease  # she alone is shown the lease that was made for her
    return _plain(replace(world, handover=outcome.handover, tabs=(tabs[0], tabs[1])))


def _time(world: World) -> Iterator[World]:
    """A minute passes. The worker strikes what is due, or comes a minute late once."""
    older = replace(world, handover=_aged(world.handover))
    struck = take(CLOCKS, older.handover, Strike(), NOW).handover
    yield _plain(replace(older, handover=struck, late=False))
    if not world.late and struck != older.handover:
        yield _plain(replace(older, late=True))


def _aged(handover: Handover) -> Handover:
    return _shifted(handover, lambda at: at - MINUTE)


def _plain(world: World) -> World:
    """The same world with the far past cut off and leases counted from the one that holds."""
    behind = world.handover.lease - 1
    tabs = [None if tab is None else max(0, tab - behind) for tab in world.tabs]
    lifted = world.handover.lifted_until
    runs_on = lifted if lifted is not None and lifted > NOW else None
    near = replace(world.handover, lease=1, raised=0, first_reply_at=None, wrote_at=None, lifted_until=runs_on)
    near = _shifted(_held(near) if near.stage is Stage.HELD else _waiting(near), lambda at: max(at, _LONG_AGO))
    return replace(world, handover=near, tabs=(tabs[0], tabs[1]))


def _held(handover: Handover) -> Handover:
    """Only the latest of these counts while she waits, and none while she does not."""
    runs_on = handover.busy_until is not None and handover.busy_until > NOW
    ended = None if runs_on else handover.busy_until
    signs = [at for at in (handover.since, handover.unanswered_since, handover.acted_at, ended) if at is not None]
    start = max(signs) if handover.unanswered_since is not None else _LONG_AGO
    lost = handover.lost_at if handover.lost_at is None or ended is None else max(handover.lost_at, ended)
    return replace(
        handover,
        since=start,
        unanswered_since=None if handover.unanswered_since is None else start,
        acted_at=None,
        lost_at=lost,
        busy=handover.busy if runs_on else None,
        busy_until=handover.busy_until if runs_on else None,
    )


def _waiting(handover: Handover) -> Handover:
    """It matters only whether she wrote; closed, nothing does."""
    wrote = None if handover.unanswered_since is None else _LONG_AGO
    closed = handover.stage is Stage.CLOSED
    return replace(handover, unanswered_since=wrote, since=_LONG_AGO if closed else handover.since)


def _shifted(handover: Handover, by: object) -> Handover:
    assert callable(by)
    names = ("since", "wrote_at", "unanswered_since", "acted_at", "lost_at", "busy_until", "lifted_until")
    moved = {name: by(at) for name in names if (at := getattr(handover, name)) is not None}
    return replace(handover, **moved)


def main() -> None:
    """Print how much was explored."""
    worlds, steps = explore()
    sys.stdout.write(f"{len(worlds)} worlds, {steps} steps between them: one speaker in each\n")


if __name__ == "__main__":
    main()
