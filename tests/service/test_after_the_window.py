"""From Friday to Monday: what she agreed, against a Twilio that refuses everything but templates after 24 hours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from bot.messages import StaffAction, StaffDeed
from bot.settings import Settings
from channels.twilio.sender import open_channels
from storage.inbox import ending_of
from tests.doubles.database import set_clock
from tests.doubles.rig import HER, Rig, rigged
from tests.doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, WHATSAPP_NUMBER, TwilioDouble
from tests.doubles.twilio_records import ContentRecord

_ASK = "HX" + "2" * 32
_NEUTRAL = "Hola. Le leo. ¿Puede escribir con calma ahora?"
#: A Friday, 18:00 in the Valle.
_FRIDAY = datetime(2026, 11, 20, 23, tzinfo=UTC)
#: To Monday, 8:05 and 13:00.
_MONDAY, _NOON = timedelta(hours=62, minutes=5), timedelta(hours=5)


@asynccontextmanager
async def _service(url: str) -> AsyncIterator[tuple[Rig, TwilioDouble]]:
    """She agreed on Friday to be written to in the morning; from then on Twilio takes nothing but templates."""
    async with TwilioDouble() as twilio:
        twilio.contents[_ASK] = ContentRecord(
            account_sid=ACCOUNT_SID,
            sid=_ASK,
            friendly_name="puede_escribir",
            language="es",
            types={"twilio/text": {"body": _NEUTRAL}},
            variables={},
            created_at=twilio.now(),
        )
        settings = Settings(
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=AUTH_TOKEN,
            twilio_whatsapp_from=WHATSAPP_NUMBER,
            twilio_api_base=twilio.url,
            ask_safe_template=_ASK,
        )
        async with (
            open_channels(settings) as channels,
            rigged(url, channels=channels, reopens={"whatsapp"}) as rig,
        ):
            await set_clock(rig.database, _FRIDAY)
            for words in ("hola", "1", "escríbame mañana", "1"):
                await rig.write(words)
            twilio.window = "refuse"
            yield rig, twilio


async def _reasons(rig: Rig) -> list[str]:
    return [row.reason for row in await rig.rows("SELECT reason FROM handovers WHERE closed_at IS NULL")]


async def _does(rig: Rig, deed: StaffDeed, staff: UUID, lease: int) -> str | None:
    where = (await rig.rows("SELECT id FROM conversations"))[0].id
    wanted = StaffAction(
        external_id=f"staff:{uuid4()}",
        conversation_id=where,
        staff_id=staff,
        deed=deed,
        lease=lease,
        text="Hola, soy Ana.",
    )
    await rig.act(wanted)
    return await ending_of(rig.database, wanted)


async def test_on_monday_the_template_of_the_neutral_question_goes_once_and_nothing_else(database_url: str) -> None:
    async with _service(database_url) as (rig, twilio):
        said = len(twilio.messages)
        await rig.wait(_MONDAY)
        assert [(one.to, one.content_sid, one.body) for one in twilio.messages[said:]] == [
            (f"whatsapp:{HER.value}", _ASK, _NEUTRAL)
        ]
        for _ in range(3):
            await rig.wait(timedelta(days=1))
        assert len(twilio.messages) == said + 1
        assert await _reasons(rig) == []


async def test_to_a_phone_that_was_watched_since_nothing_goes_though_she_had_agreed(database_url: str) -> None:
    async with _service(database_url) as (rig, twilio):
        await rig.write("me miran")
        said = len(twilio.messages)
        for _ in range(4):
            await rig.wait(timedelta(days=1))
        assert len(twilio.messages) == said


async def test_a_template_already_in_the_outbox_does_not_go_once_what_she_agreed_is_over(database_url: str) -> None:
    async with _service(database_url) as (rig, twilio):
        said = len(twilio.messages)
        twilio.fail("500")
        await rig.wait(_MONDAY)
        assert len(twilio.messages) == said
        await rig.rows("UPDATE contacts SET ended_at = now()")
        await rig.wait(timedelta(minutes=10))
        assert len(twilio.messages) == said
        rows = await rig.rows("SELECT status, code FROM outbox WHERE reopens")
        assert [tuple(row) for row in rows] == [("withdrawn", "window_closed")]


async def test_a_psychologist_asks_at_her_hour_and_is_told_why_not_at_another(database_url: str) -> None:
    async with _service(database_url) as (rig, twilio):
        await rig.write("quiero hablar con una psicologa")
        said, ana = len(twilio.messages), uuid4()
        await rig.wait(timedelta(hours=58))
        assert await _does(rig, StaffDeed.CLAIM, ana, 0) == "done"
        assert await _does(rig, StaffDeed.ASK_SAFE, ana, 1) == "outside_band"
        await rig.rows("UPDATE handovers SET next_strike_at = NULL")
        await rig.rows("UPDATE reminders SET cancelled_at = now() WHERE fired_at IS NULL AND cancelled_at IS NULL")
        await set_clock(rig.database, _FRIDAY + _MONDAY)
        assert await _does(rig, StaffDeed.SAY, ana, 1) == "phone_unknown"
        assert len(twilio.messages) == said
        assert await _does(rig, StaffDeed.ASK_SAFE, ana, 1) == "done"
        assert await _does(rig, StaffDeed.ASK_SAFE, ana, 1) == "not_safe"
        assert [one.content_sid for one in twilio.messages[said:]] == [_ASK]
