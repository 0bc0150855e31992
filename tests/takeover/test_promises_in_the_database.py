"""The two promises of the takeover on the real database, whatever order things happen in.

Never two speakers; and never more than a minute without an owner, a place in the queue, or a stated reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row

from bot.messages import Address, Alert, StaffAction, StaffDeed
from bot.takeover import load_clocks
from storage.handovers import note_presence, note_sign_of_life
from tests.doubles.database import set_clock
from tests.doubles.rig import Rig

#: A Monday, ten in the morning in Cali.
_MORNING = datetime(2026, 11, 23, 15, tzinfo=UTC)
_WORDS = ("hola", "sigo esperando", "quiero hablar con una psicologa", "me esta tumbando la puerta", "1", "salir")
_DEEDS = tuple(deed for deed in StaffDeed if deed is not StaffDeed.CLOSE)
_MINUTE, _TICK = timedelta(seconds=60), timedelta(seconds=40)
_STANDS = """
SELECT c.id AS where_, c.mode, h.id, h.stage, h.owner, h.lease, h.alert, h.unanswered_since, h.acted_at, h.since,
       h.lost_at, h.busy_until, h.next_strike_at, h.reason, now() AS now,
       (SELECT count(*) FROM handovers o WHERE o.conversation_id = c.id AND o.closed_at IS NULL) AS open_now,
       (SELECT count(*) FROM inbox i WHERE i.conversation_id = c.id AND i.turn_id IS NULL) AS unheard
FROM conversations c LEFT JOIN handovers h ON h.conversation_id = c.id AND h.closed_at IS NULL
WHERE c.heard_at IS NOT NULL AND c.id = :id
"""
_SAID = "SELECT id, author, parting FROM outbox WHERE conversation_id = :id"
_HERS = """
SELECT c.id FROM conversations c ORDER BY c.id DESC LIMIT 1
"""

_who = st.integers(0, 1)
_steps = st.one_of(
    st.tuples(st.just("writes"), st.sampled_from(_WORDS)),
    st.tuples(st.just("claims"), _who),
    st.tuples(st.just("does"), _who, st.sampled_from(_DEEDS), st.booleans()),
    st.tuples(st.just("says"), _who),
    st.tuples(st.just("speaks again from an old tab"), _who),
    st.tuples(st.just("loses her connection"), _who),
    st.tuples(st.just("is back"), _who),
    st.tuples(st.just("touches her page"), _who),
    st.tuples(st.just("waits"), st.sampled_from((10, 70, 200))),
    st.tuples(st.just("is left without an answer"), _who, st.sampled_from((200, 620))),
)


@dataclass
class Story:
    """One conversation, two psychologists, and the lease that each one's tab shows."""

    rig: Rig
    her: Address
    where: UUID | None = None
    staff: tuple[UUID, UUID] = field(default_factory=lambda: (uuid4(), uuid4()))
    tabs: list[int] = field(default_factory=lambda: [0, 0])
    old_tabs: list[int] = field(default_factory=lambda: [0, 0])

    async def begin(self) -> None:
        """She asks for a person in the hours in which somebody answers."""
        for words in ("buenas", "1", "quiero hablar con una psicologa"):
            await self.rig.write(words, by=self.her)
        self.where = (await self.rig.rows(_HERS))[0].id

    async def stands(self) -> Row[Any]:
        return (await self.rig.rows(_STANDS, id=self.where))[0]

    async def said(self) -> dict[UUID, Row[Any]]:
        return {row.id: row for row in await self.rig.rows(_SAID, id=self.where)}

    async def act(self, who: int, deed: StaffDeed, *, lease: int, twice: bool = False) -> None:
        """One of the team acts as her tab shows it, perhaps by a double click; what was allowed is checked."""
        assert self.where is not None
        before, had = await self.stands(), await self.said()
        action = StaffAction(
            external_id=f"staff:{uuid4()}",
            conversation_id=self.where,
            staff_id=self.staff[who],
            deed=deed,
            lease=lease,
            text="Estoy con usted." if deed is StaffDeed.SAY else "",
            to_staff=self.staff[1 - who] if deed is StaffDeed.TRANSFER else None,
        )
        for _ in range(1 + twice):
            await self.rig.act(action)
        done = await self.rig.rows("SELECT ending FROM inbox WHERE external_id = :id", id=action.external_id)
        after, now_said = await self.stands(), await self.said()
        assert len(done) == 1
        new = [row for key, row in now_said.items() if key not in had]
        by_her = [row for row in new if row.author == str(self.staff[who])]
        if by_her:
            assert before.owner == self.staff[who], "somebody spoke who does not hold it"
            assert before.lease == lease, "a stale tab spoke"
            assert len(by_her) == 1, "a repeated click was said twice"
        assert not [row for row in new if row.author not in ("bot", str(self.staff[who]))]
        if deed is StaffDeed.CLAIM and done[0].ending == "done":
            self.old_tabs[who], self.tabs[who] = self.tabs[who], after.lease

    async def wait(self, seconds: int) -> None:
        """Time passes, and the promises are looked at on the way."""
        for _ in range(0, seconds, int(_TICK.total_seconds())):
            await self.rig.wait(_TICK)
            is_kept(await self.stands())

    async def step(self, what: str, *how: Any) -> None:
        before, had = await self.stands(), await self.said()
        match what:
            case "writes":
                await self.rig.write(how[0], by=self.her)
            case "claims":
                await self.act(how[0], StaffDeed.CLAIM, lease=self.tabs[how[0]])
            case "does":
                await self.act(how[0], how[1], lease=self.tabs[how[0]], twice=how[2])
            case "says":
                await self.act(how[0], StaffDeed.SAY, lease=self.tabs[how[0]])
            case "speaks again from an old tab":
                await self.act(how[0], StaffDeed.SAY, lease=self.old_tabs[how[0]])
            case "loses her connection" | "is back":
                await note_presence(self.rig.database, staff_id=self.staff[how[0]], is_there=what == "is back")
                await self.rig.settle()
            case "touches her page" if before.id is not None:
                who = self.staff[how[0]]
                await note_sign_of_life(self.rig.database, handover_id=before.id, staff_id=who, lease=self.tabs[how[0]])
            case "waits":
                await self.wait(how[0])
            case "is left without an answer":
                await self.act(how[0], StaffDeed.CLAIM, lease=self.tabs[how[0]])
                await self.rig.write("sigo esperando", by=self.her)
                await self.wait(how[1])
        after = await self.stands()
        is_kept(after)
        if before.stage == after.stage == "held" and before.lease == after.lease:
            new = [row for key, row in (await self.said()).items() if key not in had]
            asked = what == "does" and how[1] is StaffDeed.ASK_SAFE  # the one question that the owner has the bot ask
            assert asked or all(row.author != "bot" or row.parting for row in new), "the bot spoke beside the owner"


def is_kept(row: Row[Any]) -> None:
    """Both promises, in what the database says now."""
    assert row.unheard == 0, "something of hers waits that nobody hears"
    assert row.open_now <= 1, "two places for one person"
    assert (row.stage == "held") == (row.owner is not None), "held by nobody, or queued with an owner"
    assert (row.mode == "human") == (row.stage == "held"), "the bot and the owner disagree on who speaks"
    assert row.mode != "waiting" or row.stage == "waiting", "she waits, and is in no queue"
    assert row.id is None or row.reason, "no reason is stated"
    if row.stage == "held" and row.unanswered_since is not None:
        signs = (row.unanswered_since, row.acted_at, row.busy_until, row.since)
        last_sign = max(at for at in signs if at is not None)
        longest = load_clocks().unattended[Alert(row.alert)][-1].after + _MINUTE
        assert row.now - last_sign <= longest, "she waits for somebody who is not there"
    if row.stage == "held" and row.lost_at is not None:
        lost = max(at for at in (row.lost_at, row.busy_until) if at is not None)
        assert row.now - lost <= load_clocks().lost[-1].after + _MINUTE, "her owner has gone, and nobody was told"


def test_never_two_speakers_and_never_a_minute_alone(database_url: str) -> None:
    number = iter(range(10_000))

    async def tell(rig: Rig, steps: Sequence[tuple[Any, ...]]) -> None:
        # Last example's clocks and reminders are over.
        await rig.rows("UPDATE handovers SET closed_at = now(), stage = 'closed', owner = NULL WHERE closed_at IS NULL")
        await rig.rows("DELETE FROM reminders")
        await set_clock(rig.database, _MORNING + timedelta(days=7 * next(number)))
        story = Story(rig=rig, her=Address(channel="whatsapp", value=f"+57300{uuid4().int % 10**7:07}"))
        await story.begin()
        for step in steps:
            await story.step(*step)

    with asyncio.Runner() as runner:
        rig = runner.run(_opened(database_url))

        @settings(
            max_examples=80,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(_steps, min_size=6, max_size=12))
        def tries(steps: Sequence[tuple[Any, ...]]) -> None:
            runner.run(tell(rig, steps))

        try:
            tries()
        finally:
            runner.run(rig.close())


async def _opened(url: str) -> Rig:
    return Rig(url)
