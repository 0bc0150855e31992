"""A psychologist's day in a real browser: she takes, writes, loses the network, and the lock closes what she types."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

from playwright.async_api import expect

from tests.axe import barriers
from tests.console.pages import WORDS, offices, took
from tests.doubles.database import move_clock
from tests.simulator.contrast import FAINT

#: A busy machine draws late; what never comes still fails.
expect.set_options(timeout=20_000)


async def test_she_is_taken_over_talked_to_called_for_handed_on_and_given_back(database_url: str) -> None:
    async with offices(database_url) as office:
        ward = office.ward
        ana, bea = await office.psychologist("ana"), await office.psychologist("bea")
        await ward.is_in_danger()
        # Nobody reloads: it comes by the stream.
        await expect(ana.get_by_text("me va a matar")).to_be_visible()
        await expect(bea.get_by_text("me va a matar")).to_be_visible()
        await ana.get_by_role("button", name="Tomar la siguiente").click()
        await expect(bea.get_by_text("Nadie espera")).to_be_visible()
        await expect(ana.get_by_label(WORDS)).to_be_editable()
        await ana.wait_for_load_state()
        await ana.get_by_label(WORDS).press_sequentially("Hola, soy Ana.")
        await ana.keyboard.press("Shift+Enter")
        await ana.keyboard.type("Estoy aquí.")
        await ana.keyboard.press("Enter")
        await expect(ana.locator("#lines .ours .text")).to_have_text("Hola, soy Ana.\nEstoy aquí.")
        assert ward.rig.channel.texts[-1] == "Hola, soy Ana.\nEstoy aquí."
        await ward.writes("estoy en el baño")
        await expect(ana.locator("#lines .hers").last).to_contain_text("estoy en el baño")
        await ana.get_by_role("button", name="Llamar 123 por ella").click()
        await ana.get_by_label("Qué se dijo").fill("Mandan una patrulla a la dirección.")
        await ana.get_by_role("button", name="Anotar la llamada").click()
        await expect(ana.locator("#f3 .called")).to_contain_text("Mandan una patrulla a la dirección.")
        await ana.get_by_role("button", name="Pasar a…").click()
        await ana.get_by_label("A quién").select_option(label="Bea")
        await ana.get_by_label("Nota para quien la recibe").fill("no le gusta el teléfono")
        await ana.get_by_role("button", name="Pasar", exact=True).click()
        await expect(ana.get_by_role("status").filter(has_text="La pasó")).to_be_visible()
        await expect(bea.get_by_text("se la pasaron a usted")).to_be_visible()
        await bea.get_by_role("button", name="Tomar la siguiente").click()
        await expect(bea.locator("#lines .note", has_text="no le gusta el teléfono")).to_be_visible()
        await bea.get_by_role("button", name="Devolver al programa").click()
        await expect(bea.get_by_role("heading", name="Cola")).to_be_visible()


async def test_of_two_who_press_one_has_her_and_the_other_is_told(database_url: str) -> None:
    async with offices(database_url) as office:
        ana, bea = await office.psychologist("ana"), await office.psychologist("bea")
        await office.ward.asks_for_a_person()
        take = [page.get_by_role("button", name="Tomar a quien") for page in (ana, bea)]
        for button in take:
            await expect(button).to_be_visible()
        await asyncio.gather(*(button.click(no_wait_after=True) for button in take))
        for page in (ana, bea):
            await expect(page.get_by_role("status").filter(has_text="tomó")).to_be_visible()
        told = [await page.locator("#told").inner_text() for page in (ana, bea)]
        assert sorted(told) == ["La tomó. Es suya.", "Otra persona la tomó primero."]


async def test_what_she_has_begun_survives_a_reload_and_leaves_nothing_in_the_browser(database_url: str) -> None:
    async with offices(database_url) as office:
        ana = await took(office)
        async with ana.expect_response("**/borrador"):
            await ana.get_by_label(WORDS).fill("Quería preguntarle si")
        await ana.reload()
        await expect(ana.get_by_label(WORDS)).to_have_value("Quería preguntarle si")
        kept = await ana.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
        assert "preguntarle" not in kept


async def test_a_saved_reply_comes_by_a_slash_and_is_not_sent_by_itself(database_url: str) -> None:
    async with offices(database_url) as office:
        replies = office.ward.house.office.replies
        for name, said in (("saludo", "Hola. Le leo."), ("espera", "Deme un momento.")):
            await replies.add(by=uuid4(), name=name, words=said)
        ana = await took(office)
        sent = len(office.ward.rig.channel.texts)
        await expect(ana.get_by_role("heading", name="Respuestas guardadas")).to_be_hidden()
        await ana.get_by_label(WORDS).press("/")
        assert await barriers(ana) == []
        await ana.keyboard.type("espe")
        await ana.keyboard.press("Enter")
        await expect(ana.get_by_label(WORDS)).to_have_value("Deme un momento.")
        assert len(office.ward.rig.channel.texts) == sent


async def test_her_route_comes_by_a_slash_by_keyboard_alone_and_is_edited_before_it_is_sent(database_url: str) -> None:
    async with offices(database_url) as office:
        await office.ward.writes("buenas, vivo en cartago")
        ana = await took(office)
        sent = len(office.ward.rig.channel.texts)
        await ana.get_by_label(WORDS).press("/")
        hers = ana.get_by_role("button", name="Ruta en Cartago")
        await expect(hers).to_be_visible()
        await expect(ana.get_by_text("Leído el").first).to_be_visible()
        await expect(ana.get_by_role("button", name="Ruta en Tuluá")).to_be_hidden()
        assert await barriers(ana) == []
        await ana.keyboard.type("tulua")
        await expect(ana.get_by_role("button", name="Ruta en Tuluá")).to_be_visible()
        await expect(hers).to_be_hidden()
        await ana.keyboard.press("Enter")
        await expect(ana.get_by_label(WORDS)).to_have_value(re.compile("En Tuluá, primero la Comisaría de Familia.*"))
        await expect(ana.get_by_label(WORDS)).to_be_focused()
        assert len(office.ward.rig.channel.texts) == sent


async def test_on_a_small_computer_the_lock_stays_in_sight_while_she_writes(database_url: str) -> None:
    async with offices(database_url) as office:
        ana = await took(office)
        await ana.set_viewport_size({"width": 1366, "height": 700})
        for said in ("tengo miedo", "es por mi esposo", "no sé qué hacer", "estoy en el baño"):
            await office.ward.writes(said)
        words = ana.get_by_label(WORDS)
        await words.fill("Aquí estoy.")
        await words.scroll_into_view_if_needed()
        for shown in (ana.locator("#f1 h2"), words, ana.get_by_role("button", name="Esta persona me amenaza")):
            await expect(shown).to_be_in_viewport(ratio=1)
        await expect(ana.locator("#lines .hers").last).to_be_in_viewport(ratio=1)


async def test_whose_psychologist_looks_elsewhere_is_heard_when_she_writes_again(database_url: str) -> None:
    async with offices(database_url) as office:
        ana = await took(office)
        await ana.get_by_label(WORDS).fill("Hola, soy Ana.")
        await ana.keyboard.press("Enter")
        await expect(ana.locator("#lines .ours")).to_have_count(1)
        await ana.get_by_role("link", name="Cola").first.click()
        await expect(ana.get_by_role("heading", name="Sus chats")).to_be_visible()
        await expect(ana).to_have_title(re.compile("^Cola"))
        await office.ward.writes("gracias")
        await expect(ana).to_have_title(re.compile("^● Cola"))
        await ana.locator("#mine a").click()
        await expect(ana.locator("#lines .begins")).to_have_text("Sin responder desde aquí")
        await expect(ana).not_to_have_title(re.compile("●"))


async def test_her_word_that_she_is_watched_closes_the_composer_while_a_text_is_being_typed(database_url: str) -> None:
    async with offices(database_url) as office:
        ana = await took(office)
        await ana.get_by_label(WORDS).press_sequentially("¿Está sol")
        await office.ward.writes("me miran")
        await expect(ana.get_by_role("alert")).to_have_text("No escriba: ella no puede leer segura")
        await expect(ana.get_by_label(WORDS)).not_to_be_editable()
        sent = len(office.ward.rig.channel.texts)
        await ana.keyboard.type("a?")
        await ana.keyboard.press("Enter")
        await expect(ana.get_by_label(WORDS)).to_have_value("¿Está sol")
        await office.ward.writes("ya estoy sola")
        await ana.get_by_role("button", name="Preguntar si puede escribir").click()
        await expect(ana.get_by_text("Se le preguntó si puede escribir")).to_be_visible()
        await office.ward.writes("si")
        await expect(ana.get_by_label(WORDS)).to_be_editable()
        # Only the neutral question went out meanwhile.
        assert len(office.ward.rig.channel.texts) == sent + 1


async def test_an_emergency_rings_in_a_hidden_tab_until_somebody_takes_her(database_url: str) -> None:
    async with offices(database_url) as office:
        ana = await office.psychologist("ana")
        front = await ana.context.new_page()
        await front.bring_to_front()
        await ana.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
        await office.ward.is_in_danger()
        await expect(ana).to_have_title(re.compile(r"^\(1!\) Cola"))
        rung = await ana.locator("body").get_attribute("data-rang")
        assert rung is not None
        await expect(ana.locator("body")).to_have_attribute("data-rang", str(int(rung) + 1), timeout=15000)
        await office.ward.rig.rows("UPDATE handovers SET stage = 'held', owner = gen_random_uuid()")
        await expect(ana).to_have_title(re.compile("^Cola"))


async def test_a_psychologist_of_another_zone_sees_nothing(database_url: str) -> None:
    async with offices(database_url) as office:
        sara = await office.psychologist("sara", "Sur")
        place = await office.ward.asks_for_a_person()
        await office.ward.move_to("Norte")
        await sara.reload()
        await expect(sara.get_by_text("Nadie espera")).to_be_visible()
        answer = await sara.goto(f"{office.ward.house.url}/consola/chat/{place}")
        assert answer is not None
        assert answer.status == 404


async def test_a_page_that_was_left_open_learns_that_she_is_no_longer_hers(database_url: str) -> None:
    async with offices(database_url) as office:
        ana = await took(office)
        await office.ward.writes("hola?")
        for _ in range(5):
            await move_clock(office.ward.rig.database, timedelta(seconds=130))
            await office.ward.rig.settle()
        await expect(ana.get_by_text("Esta conversación ya no es suya").first).to_be_visible()
        await expect(ana.get_by_label(WORDS)).not_to_be_editable()


async def test_everybody_can_use_the_queue_and_a_chat_on_a_phone_and_at_night(database_url: str) -> None:
    async with offices(database_url) as office:
        await office.ward.is_in_danger()
        ana = await office.psychologist("ana", width=360)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        for page in ("queue", "chat", "locked"):
            if page == "chat":
                await ana.get_by_role("button", name="Tomar la siguiente").click()
                await expect(ana.get_by_label(WORDS)).to_be_editable()
                await ana.wait_for_load_state()
                await ana.get_by_label(WORDS).fill("Hola.")
                await ana.keyboard.press("Enter")
                await expect(ana.locator("#lines .ours")).to_have_count(1)
            if page == "locked":
                await office.ward.writes("me miran")
                await expect(ana.get_by_role("alert")).to_be_visible()
            for scheme in ("light", "dark"):
                await ana.emulate_media(color_scheme=scheme)
                assert await barriers(ana) == [], (page, scheme)
                assert await ana.evaluate(FAINT) == [], (page, scheme)
                assert await ana.evaluate(wide) == 0, page
        await ana.get_by_role("button", name="Llamar 123 por ella").click()
        assert await barriers(ana) == []
        await ana.keyboard.press("Escape")
        await ana.get_by_role("link", name="Cerrar", exact=True).click()
        await expect(ana.get_by_role("heading", name="Cerrar la conversación")).to_be_visible()
        assert await barriers(ana) == []
        assert await ana.evaluate(wide) == 0
        await ana.goto(f"{office.ward.house.url}/consola/entrega")
        assert await barriers(ana) == []
        assert await ana.evaluate(wide) == 0
