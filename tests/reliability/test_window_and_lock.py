"""Nothing leaves for a locked phone, and no free text outside WhatsApp's 24 hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import SendError
from bot.messages import Letter
from tests.doubles.database import TestDatabases, move_clock, read_clock
from tests.doubles.letters import queue_letter
from tests.doubles.rig import HER, FakeChannel, Rig, rigged

_WORDS = st.sampled_from(
    [
        "buenas", "1", "2", "3", "ahora no", "me miran", "salir", "mi esposo me pegó anoche",
        "el esta aqui no puedo hablr", "me esta tumbando la puerta", "gracias", "vivo en buga", ".", "baja", "0",
    ]
)  # fmt: skip
_STEP = st.one_of(
    st.tuples(st.just("writes"), _WORDS),
    st.tuples(st.just("staff"), st.just("Hola, soy Ana.")),
    st.tuples(st.just("waits"), st.sampled_from([timedelta(minutes=5), timedelta(hours=1), timedelta(hours=13)])),
)


@dataclass
class WatchedChannel(FakeChannel):
    """Looks at the lock in the moment of sending."""

    rig: Rig | None = None
    broken: list[str] = field(default_factory=list)

    async def send(self, letter: Letter) -> str:
        assert self.rig is not None
        rows = await self.rig.rows(
            "SELECT c.phone, o.parting FROM outbox o JOIN conversations c ON c.id = o.conversation_id WHERE o.id = :id",
            id=letter.outbox_id,
        )
        if rows[0].phone in ("unsafe", "left") and not rows[0].parting:
            self.broken.append(letter.reply.text)
        return await super().send(letter)


@settings(max_examples=60)
@given(steps=st.lists(_STEP, max_size=14))
async def test_nothing_leaves_for_a_phone_that_is_not_safe_to_write_to(
    databases: TestDatabases, steps: list[tuple[str, object]]
) -> None:
    name = await databases.make()
    channel = WatchedChannel()
    async with rigged(databases.url(name), channels={"whatsapp": channel}) as rig:
        channel.rig = rig
        for kind, value in steps:
            if kind == "writes":
                await rig.write(str(value))
            elif kind == "staff":
                await queue_letter(rig, str(value))
                await rig.settle()
            elif isinstance(value, timedelta):
                await rig.wait(value)
        assert channel.broken == []
        locked = await rig.rows("SELECT 1 FROM conversations WHERE phone IN ('unsafe', 'left')")
        queued = await rig.rows("SELECT 1 FROM outbox WHERE status = 'queued'")
        assert not (locked and queued)
    await databases.drop(name)


async def test_what_was_queued_is_withdrawn_when_she_says_that_she_is_watched(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        rig.channel.fail = [SendError("20429", retryable=True)]
        await queue_letter(rig, "Hola, soy Ana.")
        await rig.settle()
        await rig.write("me miran")
        rows = await rig.rows("SELECT status, code FROM outbox WHERE author = 'staff'")
        assert [tuple(row) for row in rows] == [("withdrawn", "phone_locked")]
        await rig.wait(timedelta(hours=1))
        assert "Hola, soy Ana." not in rig.channel.texts


@dataclass
class StrictProvider(FakeChannel):
    """A provider that knows its own hours: its clock wanders up to five minutes from the database's."""

    rig: Rig | None = None
    heard_at: datetime | None = None
    skew: timedelta = timedelta()
    outside: list[timedelta] = field(default_factory=list)

    async def send(self, letter: Letter) -> str:
        assert self.rig is not None
        assert self.heard_at is not None
        silence = await read_clock(self.rig.database) + self.skew - self.heard_at
        if silence >= timedelta(hours=24):
            self.outside.append(silence)
        return await super().send(letter)


_SKEW = st.integers(-300, 300).map(lambda seconds: timedelta(seconds=seconds))
_GAP = st.one_of(
    st.integers(0, 26 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(-11 * 60, 11 * 60).map(lambda seconds: timedelta(hours=24, seconds=seconds)),
)


@settings(max_examples=80)
@given(moves=st.lists(st.tuples(st.booleans(), _GAP, _SKEW), min_size=1, max_size=6), first=_SKEW)
async def test_no_free_text_is_sent_outside_the_24_hours_though_clocks_differ_by_five_minutes(
    databases: TestDatabases, moves: list[tuple[bool, timedelta, timedelta]], first: timedelta
) -> None:
    name = await databases.make()
    provider = StrictProvider()
    async with rigged(databases.url(name), channels={"whatsapp": provider}) as rig:
        provider.rig, provider.skew = rig, first
        for she_writes, gap, skew in [(True, timedelta(), first), *moves]:
            await move_clock(rig.database, gap)
            provider.skew = skew
            if she_writes:
                provider.heard_at = await read_clock(rig.database) + skew
                await rig.write("buenas")
            else:
                await queue_letter(rig, "¿Cómo sigue?")
            await rig.settle()
        assert provider.outside == []
    await databases.drop(name)


async def test_words_that_came_too_late_are_told_to_a_human_instead(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas", by=HER)
        await move_clock(rig.database, timedelta(hours=24))
        await queue_letter(rig, "¿Cómo sigue?")
        await rig.settle()
        rows = await rig.rows("SELECT status, code FROM outbox WHERE author = 'staff'")
        assert [tuple(row) for row in rows] == [("withdrawn", "window_closed")]
        handovers = await rig.rows("SELECT reason FROM handovers WHERE closed_at IS NULL")
        assert [row.reason for row in handovers] == ["delivery_failed"]
