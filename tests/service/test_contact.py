"""What she agreed, her word and her seal, through the whole service on a real database with a clock that is moved."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bot import operate
from bot.dialogue.agreement import IfOther, Way
from bot.errors import BotError
from bot.messages import Address, ForgetAsked
from bot.settings import read_settings
from storage.contacts import end_expired, read_agreement
from storage.forgetting import forget_due
from storage.inbox import add_entry
from storage.transcript import Opening, Right, Sealed, read_transcript
from storage.words import agree_word
from tests.doubles.database import move_clock, set_clock
from tests.doubles.rig import HER, INDEX_KEY, WRAPPING_KEY, Rig, rigged

_BY_SMS = Address(channel="sms", value=HER.value)
#: A Monday, 18:00 in the Valle.
_SIX = datetime(2026, 11, 23, 23, tzinfo=UTC)
_NEUTRAL = "Hola. Le leo. ¿Puede escribir con calma ahora?"
_CALL = ("hola", "1", "llámeme mañana", "1", "1")
_WRITE = ("hola", "1", "escríbame mañana", "1")


async def _say(rig: Rig, *messages: str, by: Address = HER) -> None:
    for words in messages:
        await move_clock(rig.database, timedelta(seconds=20))
        await rig.write(words, by=by)


async def _person(rig: Rig) -> UUID:
    rows = await rig.rows("SELECT id FROM people WHERE forgotten_at IS NULL")
    found: UUID = rows[0].id
    return found


async def _conversation(rig: Rig, channel: str = "whatsapp") -> UUID:
    rows = await rig.rows(
        "SELECT c.id FROM conversations c JOIN people p ON p.id = c.person_id"
        " WHERE c.channel = :channel AND p.forgotten_at IS NULL",
        channel=channel,
    )
    found: UUID = rows[0].id
    return found


async def _reasons(rig: Rig) -> list[str]:
    return [row.reason for row in await rig.rows("SELECT reason FROM handovers WHERE closed_at IS NULL")]


async def _transcript(rig: Rig, opening: Opening | None = None) -> list[str]:
    lines = await read_transcript(rig.database, rig.ring, await _conversation(rig), opening=opening)
    return [line.text.partition("\n[")[0] for line in lines]  # without the choices under a question


async def test_what_she_agreed_is_the_teams_to_read_and_nobody_elses(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_CALL)
        agreed = await read_agreement(rig.database, rig.ring, person_id=await _person(rig))
        assert agreed is not None
        assert (agreed.way, agreed.opens, agreed.closes) == (Way.CALL, time(8), time(12))
        assert agreed.if_other is IfOther.HANG_UP
        assert agreed.expires_at - agreed.agreed_at == timedelta(days=15)
        rows = await rig.rows("SELECT sealed FROM contacts WHERE ended_at IS NULL")
        assert b"call" not in rows[0].sealed
        assert b"hang_up" not in rows[0].sealed


async def test_at_the_hour_of_a_call_a_person_is_asked_for_and_nothing_is_sent(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_CALL)
        said = len(rig.channel.texts)
        await rig.wait(timedelta(hours=14))
        assert len(rig.channel.texts) == said
        assert await _reasons(rig) == ["agreed_contact"]


async def test_the_neutral_line_goes_once_in_its_hour(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_WRITE)
        said = len(rig.channel.texts)
        await rig.wait(timedelta(hours=13, minutes=50))
        assert len(rig.channel.texts) == said
        await rig.wait(timedelta(minutes=15))
        assert rig.channel.texts[said:] == [_NEUTRAL]
        for _ in range(3):
            await rig.wait(timedelta(days=1))
        assert rig.channel.texts[said:] == [_NEUTRAL]


async def test_a_line_that_could_not_leave_in_its_hours_never_leaves(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_WRITE)
        said = len(rig.channel.texts)
        rig.delivery._channels.clear()  # nobody can send just now
        await rig.wait(timedelta(hours=15))
        rig.delivery._channels["whatsapp"] = rig.channel
        await rig.wait(timedelta(hours=4))
        assert len(rig.channel.texts) == said
        rows = await rig.rows("SELECT status, code FROM outbox ORDER BY seq DESC LIMIT 1")
        assert (rows[0].status, rows[0].code) == ("withdrawn", "too_late")


async def test_a_service_that_slept_past_the_hours_writes_nothing(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_WRITE)
        said = len(rig.channel.texts)
        await rig.wait(timedelta(hours=18, minutes=30))
        assert len(rig.channel.texts) == said


async def test_a_baja_by_sms_ends_what_was_agreed_by_whatsapp(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_WRITE)
        await _say(rig, "baja", by=_BY_SMS)
        assert await read_agreement(rig.database, rig.ring, person_id=await _person(rig)) is None
        said = len(rig.channel.texts)
        await rig.wait(timedelta(hours=15))
        assert len(rig.channel.texts) == said
        assert await _reasons(rig) == []


async def test_after_its_days_an_agreement_is_kept_by_nobody(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_CALL)
        await move_clock(rig.database, timedelta(days=15))
        assert await read_agreement(rig.database, rig.ring, person_id=await _person(rig)) is None
        await end_expired(rig.database)
        rows = await rig.rows("SELECT sealed, ended_at FROM contacts")
        assert [(row.sealed, row.ended_at is None) for row in rows] == [(None, False)]


async def test_she_vanishes_in_danger_a_person_is_told_and_nothing_goes_to_her_phone(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, "me esta tumbando la puerta", "1", "buga, por el parque")
        said = len(rig.channel.texts)
        await rig.rows("UPDATE handovers SET closed_at = now()")
        await rig.wait(timedelta(minutes=6))
        assert await _reasons(rig) == ["silent_in_crisis"]
        assert [row.phone for row in await rig.rows("SELECT phone FROM conversations")] == ["unsafe"]
        for _ in range(4):
            await rig.wait(timedelta(hours=11))
        assert len(rig.channel.texts) == said


async def _agree(rig: Rig, word: str, channel: str = "whatsapp") -> None:
    async with rig.database.transaction() as tx:
        assert await agree_word(tx, rig.ring, conversation_id=await _conversation(rig, channel), word=word)
    await rig.settle()


async def test_her_word_is_never_kept_as_she_said_it(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _say(rig, "hola")
        await _agree(rig, "Girasol")
        assert rig.channel.texts == [_NEUTRAL]
        people = await rig.rows("SELECT word_digest FROM people")
        assert len(people[0].word_digest) == 32
        key = await rig.rows("SELECT k.id, k.owner_id, k.wrapped FROM keys.owner_keys k")
        hers = rig.ring.unwrap(key_id=key[0].id, owner_id=key[0].owner_id, wrapped=key[0].wrapped)
        rows = await rig.rows("SELECT id, body_sealed FROM inbox WHERE kind = 'word'")
        body = hers.unseal(rows[0].body_sealed, table="inbox", row=rows[0].id, column="body")
        assert b"girasol" not in body.lower()


async def test_her_word_is_recognised_by_whichever_channel_she_returns_and_only_once(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _say(rig, "hola")
        await _agree(rig, "girasol")
        await rig.wait(timedelta(days=2))
        await _say(rig, "¡Girasól!", by=_BY_SMS)
        assert await _reasons(rig) == ["word_given"]
        marked = await rig.rows("SELECT channel FROM conversations WHERE word_given_at IS NOT NULL")
        assert [row.channel for row in marked] == ["sms"]
        assert (await rig.rows("SELECT word_digest FROM people"))[0].word_digest is None
        await rig.rows("UPDATE handovers SET closed_at = now()")
        await _say(rig, "girasol", by=_BY_SMS)
        assert await _reasons(rig) == []


async def test_the_right_word_and_a_wrong_one_are_answered_alike(database_url: str) -> None:
    other = Address(channel="whatsapp", value="+573009998877")
    async with rigged(database_url) as rig:
        await _say(rig, "hola")
        await _agree(rig, "girasol")
        await _say(rig, "hola", by=other)
        await rig.wait(timedelta(days=1))
        rig.channel.letters.clear()
        for words in ("girasol", "1", "girasol"):
            await _say(rig, words, by=HER)
            await _say(rig, words, by=other)
        hers = [letter.reply for letter in rig.channel.letters if letter.address == HER]
        theirs = [letter.reply for letter in rig.channel.letters if letter.address == other]
        assert hers == theirs
        assert hers


async def test_a_psychologist_notes_the_word_from_the_command_line(
    database_url: str,
) -> None:
    settings = read_settings(
        database_url=database_url,
        public_url="https://ejemplo.gov.co",
        twilio_account_sid="AC0",
        twilio_auth_token="x",
        twilio_whatsapp_from="+573000000001",
        secret_keys=base64.b64encode(WRAPPING_KEY).decode(),
        index_key=base64.b64encode(INDEX_KEY).decode(),
        audit_key=base64.b64encode(b"a" * 32).decode(),
    )
    async with rigged(database_url) as rig:
        await _say(rig, "hola")
        assert await operate.agree_on_word(settings, HER.value, "girasol") is True
        assert await operate.agree_on_word(settings, "+573007654321", "girasol") is False
        with pytest.raises(BotError, match="no sirve"):
            await operate.agree_on_word(settings, HER.value, "borrar")
        await rig.settle()
        assert rig.channel.texts == [_NEUTRAL]
        await _say(rig, "girasol")
        assert await _reasons(rig) == ["word_given"]


async def test_the_word_within_a_sentence_is_not_her_word(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _say(rig, "hola")
        await _agree(rig, "girasol")
        await _say(rig, "me regaló un girasol")
        assert (await rig.rows("SELECT word_digest FROM people"))[0].word_digest is not None


async def test_borrar_closes_what_was_said_to_everybody_and_what_follows_is_open(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, "vivo en buga y estoy triste", "1")
        assert "vivo en buga y estoy triste" in await _transcript(rig)
        await _say(rig, "borrar")
        assert await _transcript(rig) == []
        with pytest.raises(Sealed):
            await _transcript(rig, Opening(staff_id=uuid4(), right=Right.EMERGENCY))
        await _say(rig, "hola")
        assert await _transcript(rig) == ["hola", _NEUTRAL]


async def test_borrar_closes_her_other_channel_too(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _say(rig, "estoy triste")
        await _say(rig, "borrar", by=_BY_SMS)
        assert await _transcript(rig) == []


async def test_with_a_crisis_open_it_is_closed_too_and_a_person_with_a_right_decides(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _say(rig, "me violaron anoche", "1", "borrar")
        assert await _transcript(rig) == []
        assert "me violaron anoche" in await _transcript(rig, Opening(staff_id=uuid4(), right=Right.EMERGENCY))
        await rig.wait(timedelta(days=16))
        assert await forget_due(rig.database) == 0


async def test_what_she_asked_to_erase_is_destroyed_after_fifteen_days_whatever_she_wrote_since(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_CALL)
        await _agree(rig, "girasol")
        await _say(rig, "borrar")
        await rig.wait(timedelta(days=14))
        await _say(rig, "hola")
        assert await forget_due(rig.database) == 0
        await rig.wait(timedelta(days=1))
        assert await forget_due(rig.database) == 1
        kept = await rig.rows(
            "SELECT (SELECT count(*) FROM keys.owner_keys) AS keys,"
            " (SELECT count(*) FROM inbox WHERE body_sealed IS NOT NULL) AS heard,"
            " (SELECT count(*) FROM outbox WHERE body_sealed IS NOT NULL) AS said,"
            " (SELECT count(*) FROM contacts WHERE sealed IS NOT NULL OR ended_at IS NULL) AS agreed,"
            " (SELECT count(*) FROM people WHERE word_digest IS NOT NULL) AS words"
        )
        assert tuple(kept[0]) == (0, 0, 0, 0, 0)


async def test_danger_since_she_asked_keeps_it_until_a_person_has_decided(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, "hola", "1", "borrar")
        await rig.wait(timedelta(days=14))
        await _say(rig, "me esta tumbando la puerta")
        await rig.wait(timedelta(days=3))
        assert await forget_due(rig.database) == 0
        await rig.rows("UPDATE handovers SET closed_at = now()")
        assert await forget_due(rig.database) == 1


async def test_an_operators_erasure_leaves_neither_agreement_nor_word(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _SIX)
        await _say(rig, *_CALL)
        await _agree(rig, "girasol")
        where = await _conversation(rig)
        async with rig.database.transaction() as tx:
            await add_entry(tx, rig.ring, ForgetAsked(external_id=f"forget:{where}", conversation_id=where))
        await rig.settle()
        assert await forget_due(rig.database) == 1
        rows = await rig.rows("SELECT count(*) AS n FROM contacts WHERE sealed IS NOT NULL OR ended_at IS NULL")
        assert rows[0].n == 0


def test_nothing_else_reads_what_was_written(project: Path) -> None:
    """Turns and deliveries open what waits; only the transcript opens what was said for somebody's eyes."""
    readers = {
        path.name
        for folder in ("storage", "channels", "bot")
        for path in (project / folder).rglob("*.py")
        if 'column="body"' in path.read_text(encoding="utf-8") and "unseal(" in path.read_text(encoding="utf-8")
    }
    assert readers == {"claims.py", "outbox.py", "transcript.py"}
