"""A page that stays open all day: a network that is cut or dies, the screen that closed itself, what is played."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.async_api import expect

import channels.simulator
from bot.messages import Media, MediaKind
from storage.media import keep, take_wanted
from tests.axe import barriers
from tests.console.pages import WORDS, offices, took
from tests.doubles.line import lined

#: A busy machine draws late; what never comes still fails.
expect.set_options(timeout=20_000)

_SAMPLES = Path(channels.simulator.__file__).parent / "static" / "muestras"


async def test_a_cut_network_loses_nothing_and_sends_nothing_twice(database_url: str) -> None:
    async with offices(database_url) as office:
        ana = await took(office)
        lost = 0

        async def cut(route: object) -> None:
            """The first time it arrives and the answer is lost; the second time nothing arrives."""
            nonlocal lost
            lost += 1
            if lost == 1:
                await route.fetch()  # type: ignore[attr-defined]
            if lost <= 2:
                await route.abort("internetdisconnected")  # type: ignore[attr-defined]
            else:
                await route.continue_()  # type: ignore[attr-defined]

        await ana.route("**/decir", cut)
        await ana.get_by_label(WORDS).fill("Aquí sigo.")
        await ana.keyboard.press("Enter")
        await expect(ana.get_by_text("Sin red: se enviará sola")).to_be_visible()
        await expect(ana.locator("#outgoing li")).to_have_count(0, timeout=12000)
        await expect(ana.locator("#lines .ours")).to_have_count(1)
        assert office.ward.rig.channel.texts.count("Aquí sigo.") == 1


async def test_after_a_cut_the_page_catches_up_by_itself_and_says_no_more_that_it_is_cut(database_url: str) -> None:
    async with offices(database_url) as office:
        ana = await took(office)
        # The stream stays open, as after a moment without network, but nothing can be fetched.
        await ana.route("**/vivo", lambda route: route.abort("internetdisconnected"))
        await office.ward.writes("sigue ahí?")
        await expect(ana.locator("#net")).to_contain_text("Sin conexión")
        await ana.unroute("**/vivo")
        await expect(ana.locator("#lines .hers").last).to_contain_text("sigue ahí?")
        await expect(ana.locator("#net")).to_have_text("")


async def test_a_connection_that_dies_without_a_word_is_noticed_told_and_opened_anew(database_url: str) -> None:
    async with offices(database_url) as office, lined(int(office.ward.house.url.rpartition(":")[2])) as line:
        ana = await took(office)
        await ana.clock.install()
        # The stream is open, and has told all that there was.
        async with ana.expect_request_finished(lambda request: request.url.endswith("/vivo")):
            await ana.goto(ana.url.replace(office.ward.house.url, line.url))
        await expect(ana.get_by_label(WORDS)).to_be_editable()
        line.die()
        await ana.get_by_label(WORDS).fill("Aquí sigo.")
        await ana.keyboard.press("Enter")
        await office.ward.writes("sigue ahí?")
        await expect(ana.locator("#outgoing li")).to_contain_text("Enviando…")
        await ana.clock.run_for(36_000)
        await expect(ana.locator("#net")).to_contain_text("Sin conexión")
        await expect(ana.locator("#outgoing li")).to_contain_text("Sin red: se enviará sola")
        assert "Aquí sigo." not in office.ward.rig.channel.texts
        line.revive()
        # What was begun over the dead line is given up as well.
        await ana.clock.run_for(36_000)
        await expect(ana.locator("#lines .hers").last).to_contain_text("sigue ahí?")
        await expect(ana.locator("#lines .ours")).to_have_count(1)
        await expect(ana.locator("#net")).to_have_text("")
        assert office.ward.rig.channel.texts.count("Aquí sigo.") == 1


async def test_behind_the_screen_that_closed_itself_an_emergency_sounds_and_the_shift_goes_on(
    database_url: str,
) -> None:
    async with offices(database_url) as office:
        ana = await office.psychologist("ana")
        await ana.clock.install()
        await ana.add_init_script(
            """const start = OscillatorNode.prototype.start;
            OscillatorNode.prototype.start = function (...at) {
                document.documentElement.dataset.sounded = 'yes';
                return start.apply(this, at);
            };"""
        )
        await ana.reload()
        await ana.keyboard.press("Tab")
        await ana.clock.run_for(31 * 60 * 1000)
        await expect(ana.get_by_role("heading", name="Pantalla bloqueada")).to_be_visible()
        await expect(ana.get_by_text("En la cola")).to_be_hidden()
        await office.ward.is_in_danger()
        await expect(ana.locator("html")).to_have_attribute("data-sounded", "yes")
        await expect(ana.get_by_text("En la cola")).to_have_text("En la cola: 1")
        assert "me va a matar" not in await ana.content()
        assert await barriers(ana) == []
        # The open stream behind it is her presence: whoever hands a chat on finds her.
        assert (await office.ward.member("Ana")).id in office.ward.house.station.present


async def test_a_voice_note_plays_to_its_end_and_a_picture_stays_though_the_page_notes_that_they_were_opened(
    database_url: str,
) -> None:
    async with offices(database_url) as office:
        ana = await took(office)
        for kind, content_type, content in (
            (MediaKind.AUDIO, "audio/ogg", (_SAMPLES / "nota-de-voz.ogg").read_bytes()),
            (MediaKind.IMAGE, "image/png", _dot()),
        ):
            sent = Media(url="https://api.example.org/m/1", content_type=content_type, kind=kind)
            await office.ward.writes("", media=(sent,))
            for wanted in await take_wanted(office.ward.rig.database, office.ward.rig.ring):
                await keep(office.ward.rig.database, wanted, content, content_type)
        note = ana.locator("#lines audio")
        await expect(ana.get_by_text("sin oír", exact=True)).to_be_visible()
        await note.evaluate("async note => { await note.play(); }")
        length = await note.evaluate("note => note.duration")
        assert 0 < length < 60
        # That it was heard is shown, and what she writes meanwhile, and it plays on.
        await expect(ana.get_by_text("sin oír", exact=True)).to_have_count(0)
        await office.ward.writes("me escucha?")
        await expect(ana.locator("#lines .hers").last).to_contain_text("me escucha?")
        await expect(note).to_have_js_property("ended", value=True)
        await note.evaluate("note => { note.currentTime = note.duration / 2; }")
        await expect(note).to_have_js_property("seeking", value=False)
        assert await note.evaluate("note => note.currentTime") > length / 3
        await ana.get_by_role("button", name="Imagen: ver borrosa").click()
        picture = ana.get_by_role("img", name="Imagen que ella envió")
        await expect(picture).to_have_class("blurred")
        await office.ward.writes("la vio?")
        await expect(ana.locator("#lines .hers").last).to_contain_text("la vio?")
        await expect(picture).to_have_class("blurred")
        await ana.get_by_role("button", name="Ver clara").click()
        await expect(picture).not_to_have_class("blurred")


def _dot() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (80, 60), "green").save(drawn, "PNG")
    return drawn.getvalue()
