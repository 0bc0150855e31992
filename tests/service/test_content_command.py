"""``valle-sano content``: the templates come to be at Twilio as the content wants them, and stay so."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from bot import templates
from bot.__main__ import _content
from bot.dialogue.load import load_book
from bot.errors import BotError, ContentError
from bot.settings import Settings
from channels.layout.shape import Shape
from channels.twilio.account import open_account
from storage.database import Database
from storage.templates import drop_template, keep_template, load_templates
from tests.doubles.rig import rigged
from tests.doubles.settings import settings_at
from tests.doubles.twilio import TwilioDouble


@cache
def _shapes() -> Sequence[Shape]:
    """The walk takes seconds: once for all tests."""
    return templates.shapes_of(load_book())


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@pytest.fixture
def settings(twilio: TwilioDouble, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    shapes = _shapes()
    monkeypatch.setattr(templates, "shapes_of", lambda _: shapes)
    return settings_at(twilio, database_url=database_url)


async def _known(url: str) -> dict[str, str]:
    database = Database(url, connections=1)
    try:
        return dict(await load_templates(database))
    finally:
        await database.close()


async def test_everything_that_is_asked_with_choices_gets_its_template_and_a_second_push_changes_nothing(
    settings: Settings, twilio: TwilioDouble, database_url: str
) -> None:
    first = await templates.push(settings)
    assert (first.made, first.there, first.gone) == (len(_shapes()), 0, 0)
    assert set(await _known(database_url)) == {shape.name for shape in _shapes()}
    assert len(twilio.contents) == len(_shapes()) + 2
    known = await _known(database_url)
    second = await templates.push(settings)
    assert (second.made, second.there) == (0, len(_shapes()))
    assert await _known(database_url) == known
    assert len(twilio.contents) == len(_shapes()) + 2


async def test_what_we_made_and_no_text_needs_any_more_goes_and_what_others_made_stays(
    settings: Settings, twilio: TwilioDouble, database_url: str
) -> None:
    await templates.push(settings)
    database = Database(database_url, connections=1)
    old, *_ = (sid for sid in twilio.contents if twilio.contents[sid].friendly_name.startswith("valle_sano_botones"))
    await keep_template(database, "valle_sano_botones_de_antes", old)
    await database.close()
    twilio.contents["HX" + "9" * 32] = next(iter(twilio.contents.values()))
    before = set(twilio.contents)
    assert (await templates.push(settings)).gone == 1
    assert before - set(twilio.contents) == {old}
    assert "valle_sano_botones_de_antes" not in await _known(database_url)


async def test_what_could_not_be_deleted_goes_with_the_next_push(
    settings: Settings, twilio: TwilioDouble, database_url: str
) -> None:
    await templates.push(settings)
    database = Database(database_url, connections=1)
    old = next(sid for sid in twilio.contents if twilio.contents[sid].friendly_name.startswith("valle_sano_botones"))
    await keep_template(database, "valle_sano_botones_de_antes", old)
    await database.close()
    twilio.fail("slow", on="any", seconds=0)  # the list
    twilio.fail("20429", on="any")
    with pytest.raises(BotError, match="20429"):
        await templates.push(settings)
    assert old in twilio.contents
    assert (await templates.push(settings)).gone == 1
    assert old not in twilio.contents


async def test_a_new_database_adopts_the_templates_that_are_there(
    settings: Settings, twilio: TwilioDouble, database_url: str
) -> None:
    await templates.push(settings)
    database = Database(database_url, connections=1)
    for name in await load_templates(database):
        await drop_template(database, name)
    await database.close()
    made = len(twilio.contents)
    assert (await templates.push(settings)).made == 0
    assert len(twilio.contents) == made
    assert len(await _known(database_url)) == len(_shapes())


async def test_the_texts_for_after_the_window_wait_for_whatsapp_and_their_setting_is_said_once_they_may_go(
    settings: Settings, twilio: TwilioDouble
) -> None:
    pushed = await templates.push(settings)
    assert [one.approval.status for one in pushed.texts if one.approval] == ["received", "received"]
    for content in twilio.contents.values():
        if content.approval:
            content.approval["status"] = "approved"
    shapes, texts = await templates.status(settings)
    assert all(one.sid for one in shapes)
    assert [(one.setting, one.approval.status) for one in texts if one.approval] == [
        ("ASK_SAFE_TEMPLATE", "approved"),
        ("COORDINATOR_TEMPLATE", "approved"),
    ]
    bodies = {content.body for content in twilio.contents.values() if content.approval}
    assert "Hola. Le leo. ¿Puede escribir con calma ahora?" in bodies


async def test_a_provider_that_stops_halfway_is_gone_on_with_by_the_same_order(
    settings: Settings, twilio: TwilioDouble
) -> None:
    twilio.fail("slow", times=10, on="any", seconds=0)  # the list and nine templates
    twilio.fail("20429", on="any")
    with pytest.raises(BotError, match="20429"):
        await templates.push(settings)
    assert (await templates.push(settings)).made == len(_shapes()) - 9


def test_a_text_whose_preview_betrays_what_this_is_about_stops_the_order(tmp_path: Path) -> None:
    file = tmp_path / "templates.yml"
    book = load_book()
    word = book.betraying[0].word
    file.write_text(
        "verified_on: 2026-11-23\ntemplates:\n"
        f"  - {{name: valle_sano_x, setting: X, category: UTILITY, text: 'Hola, {word}.'}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ContentError, match="otra persona podría leer"):
        templates.load_texts(book, file)


def test_there_are_few_templates_and_all_have_a_name_that_twilio_takes() -> None:
    names = [shape.name for shape in _shapes()]
    assert 20 < len(names) < 300
    assert all(name.replace("_", "").isalnum() and name.islower() and len(name) <= 64 for name in names)


async def test_the_order_says_in_words_how_things_stand(
    settings: Settings, twilio: TwilioDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    async def order(what: str) -> tuple[int, str]:
        # In a thread: an order runs a loop of its own, and the double lives in this one.
        code = await asyncio.to_thread(_content, settings, argparse.Namespace(what=what))
        return code, capsys.readouterr().out

    code, said = await order("status")
    assert code == 1
    assert f"Faltan {len(_shapes())}, que salen con números" in said
    assert "no está en Twilio" in said
    code, said = await order("push")
    assert code == 1
    assert f"{len(_shapes())} nuevas" in said
    assert said.count("pedida") == 2
    for content in twilio.contents.values():
        if content.approval:
            is_rejected = "tablero" in content.friendly_name
            content.approval |= {"status": "rejected", "rejection_reason": "Sin contexto"} if is_rejected else {}
            content.approval["status"] = "rejected" if is_rejected else "approved"
    code, said = await order("status")
    assert code == 1
    assert "rechazada (Sin contexto)" in said
    assert "  ASK_SAFE_TEMPLATE=HX" in said


async def test_after_a_push_her_first_question_has_buttons_and_a_tap_answers_it(
    settings: Settings, twilio: TwilioDouble, database_url: str
) -> None:
    await templates.push(settings)
    async with open_account(settings) as account, rigged(database_url, channels=account.channels) as rig:
        account.know(await load_templates(rig.database))
        await rig.write("buenas")
        [asked] = twilio.messages
        content = twilio.contents[asked.content_sid]
        assert content.titles == ["Sí", "Ahora no", "Me miran"]
        assert asked.body == "Hola. Le leo. ¿Puede escribir con calma ahora?"
        tapped = content.types["twilio/quick-reply"]["actions"][2]
        await rig.write(tapped["title"], payload=tapped["id"])
        assert [row.phone for row in await rig.rows("SELECT phone FROM conversations")] == ["unsafe"]
