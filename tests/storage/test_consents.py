"""What she allows stays written as she said it, holds as she said it last, and ends when she is forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from asyncpg import PostgresError

from bot.dialogue.review import hash_of
from bot.messages import Address, ForgetAsked
from storage.consents import Consent, Consents, consents_of
from storage.forgetting import forget_due
from storage.inbox import add_entry
from storage.reports import count_sessions
from tests.dialogue.pure import the_book
from tests.doubles.database import set_clock
from tests.doubles.rig import HER, Rig, rigged

_NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
_SMS = Address(channel="sms", value=HER.value)
_ANOTHER = Address(channel="whatsapp", value="+573009998877")


def _consent(layer: str, answer: str, institution: str | None = None) -> Consent:
    return Consent(
        id=UUID(int=1), layer=layer, institution=institution, answer=answer, text_version="0f3a0f3a", channel="sms",
        at=_NOON,
    )  # fmt: skip


async def _conversation(rig: Rig, channel: str = "whatsapp") -> UUID:
    rows = await rig.rows("SELECT id FROM conversations WHERE channel = :channel AND role = 'woman'", channel=channel)
    found: UUID = rows[0].id
    return found


async def _counted(rig: Rig) -> int:
    counts = await count_sessions(rig.database, by="month", first=date(2026, 1, 1), last=date(2027, 12, 31))
    return sum(count.sessions for count in counts)


async def _agree(rig: Rig, *, by: Address = HER) -> None:
    for words in ("hola", "si", "que avisen por mi", "ninguna", "comisaría", "de acuerdo"):
        await rig.write(words, by=by)


async def _forget(rig: Rig) -> None:
    async with rig.database.transaction() as tx:
        asked = ForgetAsked(external_id="forget:1", conversation_id=await _conversation(rig))
        await add_entry(tx, rig.ring, asked)
    await rig.settle()
    await rig.wait(timedelta(minutes=11))
    assert await forget_due(rig.database) == 1


# What holds, of a list of answers.


def test_silence_is_counted_and_is_no_permission_to_share() -> None:
    nothing = Consents()
    assert nothing.may_be_counted()
    assert nothing.permit_to_share_with("comisaria") is None
    assert not nothing.forbids("comisaria")
    assert nothing.vetoes() == ()


def test_her_last_word_holds() -> None:
    yes, no = _consent("share", "given", "comisaria"), _consent("share", "refused", "comisaria")
    assert Consents(answers=(no, yes)).permit_to_share_with("comisaria") == yes
    assert Consents(answers=(yes, no)).permit_to_share_with("comisaria") is None
    assert Consents(answers=(yes, no)).vetoes() == ("comisaria",)
    assert not Consents(answers=(_consent("count", "given"), _consent("count", "refused"))).may_be_counted()


def test_a_yes_to_one_institution_is_none_to_another() -> None:
    one = Consents(answers=(_consent("share", "given", "comisaria"),))
    assert one.permit_to_share_with("fiscalia") is None
    assert not one.forbids("fiscalia")


def test_taking_back_is_for_all_of_them_and_a_later_yes_is_for_one() -> None:
    back = (_consent("share", "given", "comisaria"), _consent("share", "withdrawn"))
    assert Consents(answers=back).permit_to_share_with("comisaria") is None
    assert Consents(answers=back).forbids("policia")
    again = Consents(answers=(*back, _consent("share", "given", "comisaria")))
    assert again.permit_to_share_with("comisaria") is not None
    assert again.forbids("policia")


def test_to_be_counted_says_nothing_of_being_shared() -> None:
    assert not Consents(answers=(_consent("count", "withdrawn"),)).forbids("comisaria")


# What is written.


async def test_a_yes_is_written_with_the_version_of_its_text_the_channel_and_the_time(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        await _agree(rig)
        permit = (await consents_of(rig.database, await _conversation(rig))).permit_to_share_with("comisaria")
        assert permit is not None
        book = the_book()
        assert permit.text_version == hash_of(book.responses["utter_ask_share_ok"], book.facts)
        assert (permit.channel, permit.institution) == ("whatsapp", "comisaria")
        assert abs(permit.at - _NOON) < timedelta(minutes=1)


async def test_a_message_that_comes_twice_is_one_answer(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("hola")
        await rig.write("si")
        message = rig.message("no me cuenten")
        for _ in range(2):
            await rig.intake.accept(message)
            await rig.settle()
        assert [row.answer for row in await rig.rows("SELECT answer FROM consents")] == ["withdrawn"]


async def test_what_she_takes_back_by_sms_holds_for_whatsapp(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _agree(rig)
        await rig.write("ya no quiero que compartan", by=_SMS)
        allowed = await consents_of(rig.database, await _conversation(rig))
        assert allowed.permit_to_share_with("comisaria") is None
        assert [one.channel for one in allowed.answers] == ["whatsapp", "sms"]


async def test_a_worker_who_is_not_counted_is_no_word_of_the_woman_on_the_same_phone(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("hola")
        await rig.rows("UPDATE conversations SET role = 'brigade' WHERE role = 'woman' RETURNING id")
        await rig.write("no me cuenten")
        await rig.write("hola", by=_SMS)
        assert (await consents_of(rig.database, await _conversation(rig, "sms"))).may_be_counted()


async def test_nobody_elses_word_is_hers(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _agree(rig, by=_ANOTHER)
        await rig.write("buenas", by=_SMS)
        assert (await consents_of(rig.database, await _conversation(rig, "sms"))).answers == ()


async def test_an_answer_is_never_changed(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("no me cuenten")
        with pytest.raises(PostgresError):
            await rig.rows("UPDATE consents SET answer = 'given' RETURNING id")


# Not to be counted.


async def test_whoever_is_not_to_be_counted_is_in_no_report(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        await rig.write("buenas", by=_ANOTHER)
        await rig.write("hola")
        assert await _counted(rig) == 2
        await rig.write("no me cuenten")
        assert await _counted(rig) == 1
        for by in ("municipality", "zone", "helped"):
            counts = await count_sessions(rig.database, by=by, first=date(2026, 1, 1), last=date(2027, 1, 1))
            assert sum(count.sessions for count in counts) == 1


async def test_taking_back_reaches_the_sessions_of_before_and_those_that_come(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        await rig.write("hola")
        await rig.wait(timedelta(days=2))
        await rig.write("no me sumen")
        await rig.wait(timedelta(days=2))
        await rig.write("hola")
        await rig.write("hola", by=_SMS)
        assert (await rig.rows("SELECT count(*) AS n FROM sessions"))[0].n == 4
        assert await _counted(rig) == 0


async def test_a_later_yes_counts_from_there_and_not_what_she_refused(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        await rig.write("no me sumen")
        await rig.wait(timedelta(days=2))
        for words in ("hola", "si", "mis permisos", "sí me sumen"):
            await rig.write(words)
        assert await _counted(rig) == 1
        await rig.wait(timedelta(days=2))
        await rig.write("hola")
        assert await _counted(rig) == 2


async def test_thinking_again_within_one_conversation_counts_it(database_url: str) -> None:
    async with rigged(database_url) as rig:
        for words in ("hola", "si", "no me sumen", "mis permisos", "sí me sumen"):
            await rig.write(words)
        assert await _counted(rig) == 1


# When she is forgotten.


async def test_whoever_was_not_to_be_counted_is_not_counted_as_nobody_either(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas", by=_SMS)
        await rig.write("buenas")
        await rig.write("no me cuenten")
        await _forget(rig)
        assert await _counted(rig) == 0
        assert (await rig.rows("SELECT count(*) AS n FROM sessions"))[0].n == 0
        assert (await rig.rows("SELECT count(*) AS n FROM consents"))[0].n == 0


async def test_what_she_let_be_counted_stays_counted_of_nobody(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        await rig.write("no me sumen")
        await rig.wait(timedelta(days=2))
        for words in ("hola", "si", "mis permisos", "sí me sumen"):
            await rig.write(words)
        await _forget(rig)
        assert await _counted(rig) == 1


async def test_only_a_permission_to_share_stays_as_a_ground_and_of_nobody(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        await _agree(rig)
        await rig.write("no me sumen")
        permit = (await consents_of(rig.database, await _conversation(rig))).permit_to_share_with("comisaria")
        await _forget(rig)
        rows = await rig.rows("SELECT id, conversation_id, layer, institution, answer, at FROM consents")
        assert [(row.id, row.conversation_id) for row in rows] == [(permit.id if permit else None, None)]
        assert (rows[0].layer, rows[0].institution, rows[0].answer) == ("share", "comisaria", "given")
        assert rows[0].at == rows[0].at.replace(minute=0, second=0, microsecond=0)


# The one question.


async def test_her_answer_to_the_one_question_is_in_the_sessions_row_and_in_the_report(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        for words in ("hola", "si", "otra cosa mariposa", "que avisen por mi"):
            await rig.write(words)
        rows = await rig.rows("SELECT helped FROM sessions")
        assert [row.helped for row in rows] == [None]
        await rig.write("hola", by=_ANOTHER)
        await rig.write("si", by=_ANOTHER)
        await rig.write("mis permisos", by=_ANOTHER)
        await rig.write("volver", by=_ANOTHER)
        await rig.write("terminar", by=_ANOTHER)
        assert rig.channel.texts[-1].endswith("¿Le sirvió hablar aquí? Si no quiere, no responda.")
        await rig.write("si", by=_ANOTHER)
        counts = await count_sessions(rig.database, by="helped", first=date(2026, 11, 1), last=date(2026, 11, 30))
        assert {count.group: count.sessions for count in counts} == {"": 1, "yes": 1}
