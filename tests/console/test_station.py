"""What open consoles are told: what concerns them, once, and everything to whoever fell behind."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid4

import pytest

from channels.console.station import Ear, Station
from storage.pulse import Pulse

ANA, BEATRIZ = uuid4(), uuid4()


class Changing:
    """Stands where the desk does: what is open is what the test says."""

    def __init__(self) -> None:
        self.open: dict[UUID, Pulse] = {}

    async def pulse(self, _: Collection[UUID]) -> tuple[Pulse, ...]:
        return tuple(self.open.values())

    def write(self, place: UUID) -> None:
        """She writes: her mark is another, her place the same."""
        one = self.open[place]
        self.open[place] = one._replace(last_in_seq=one.last_in_seq + 1, version=one.version + 1, is_unanswered=True)


@pytest.fixture
def desk() -> Changing:
    return Changing()


@pytest.fixture
def station(desk: Changing) -> Station:
    return Station(desk)  # type: ignore[arg-type] # of the desk, the station asks for nothing else


def put(desk: Changing, owner: UUID | None = None) -> UUID:
    place = uuid4()
    stage = "held" if owner else "waiting"
    desk.open[place] = Pulse(id=place, stage=stage, owner=owner)
    return place


def page(staff_id: UUID, *watched: UUID) -> Ear:
    return Ear(staff_id, frozenset(watched), lambda _: True)


async def test_what_she_writes_is_told_to_whoever_holds_her_and_to_nobody_else(
    desk: Changing, station: Station
) -> None:
    hers, ana, beatriz, other = put(desk, ANA), page(ANA), page(BEATRIZ), page(BEATRIZ, put(desk, BEATRIZ))
    with station.listen(ana), station.listen(beatriz), station.listen(other):
        await station.look()
        for one in (ana, beatriz, other):
            one.pending.clear()
        for _ in range(3):
            desk.write(hers)
            await station.look()
        assert (ana.pending, beatriz.pending, beatriz.later, other.pending) == ({hers}, set(), set(), set())


async def test_what_the_program_only_noted_of_her_words_may_wait(desk: Changing, station: Station) -> None:
    hers, ana = put(desk, ANA), page(ANA)
    with station.listen(ana):
        await station.look()
        ana.pending.clear()
        desk.open[hers] = desk.open[hers]._replace(version=1)
        await station.look()
        assert (ana.pending, ana.later) == (set(), {hers})
        for _ in range(40):
            await station.look()
        assert (ana.pending, ana.later) == ({hers}, set())


async def test_somebody_who_waits_and_writes_much_is_told_once_to_the_queue_and_not_to_a_chat(
    desk: Changing, station: Station
) -> None:
    waits, queue, chat = put(desk), page(ANA), page(ANA, put(desk, ANA))
    with station.listen(queue), station.listen(chat):
        await station.look()
        queue.pending.clear()
        chat.pending.clear()
        told = 0
        for _ in range(200):
            desk.write(waits)
            await station.look()
            told += bool(queue.pending)
            queue.pending.clear()
        assert told == 5
        assert not chat.pending


async def test_who_comes_into_danger_is_told_to_everybody_at_once(desk: Changing, station: Station) -> None:
    waits, queue, chat = put(desk), page(ANA), page(BEATRIZ, put(desk, BEATRIZ))
    with station.listen(queue), station.listen(chat):
        await station.look()
        queue.pending.clear()
        chat.pending.clear()
        desk.open[waits] = desk.open[waits]._replace(alert=3)
        await station.look()
        assert queue.pending == chat.pending == {waits}


async def test_the_bell_is_asked_for_when_she_begins_to_wait_and_not_with_each_word_more(
    desk: Changing, station: Station
) -> None:
    hers, ana = put(desk, ANA), page(ANA)
    with station.listen(ana):
        await station.look()
        asked = []
        for _ in range(3):
            ana.rings = False
            desk.write(hers)
            await station.look()
            asked.append(ana.rings)
        assert asked == [True, False, False]


async def test_a_page_that_reads_too_slowly_is_told_to_fetch_everything(desk: Changing, station: Station) -> None:
    slow, quick = page(ANA), page(BEATRIZ)
    with station.listen(slow), station.listen(quick):
        for _ in range(201):
            put(desk)
            await station.look()
            quick.pending.clear()
        assert (slow.is_behind, quick.is_behind) == (True, False)
        assert not slow.pending
