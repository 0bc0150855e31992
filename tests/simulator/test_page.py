"""The phone in a real browser, as whoever trains with it meets it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from bot.messages import DeliveryStatus, MediaKind
from tests.simulator.browser import bubbles, choose, phone, write
from tests.simulator.service import SAFE_NOW, Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_she_writes_and_is_answered_and_sees_that_it_was_read(page: Page, shown: Service) -> None:
    await write(phone(page), "mi esposo me pegó anoche, vivo en buga")
    await expect(bubbles(phone(page))).to_have_text(["mi esposo me pegó anoche, vivo en buga", SAFE_NOW.text])
    await expect(phone(page).locator(".mine").get_by_role("img", name="Leído")).to_be_visible()
    await expect(phone(page).locator(".theirs .reach")).to_have_text("Leído")
    assert [report.status for report in shown.door.reports] == [DeliveryStatus.DELIVERED, DeliveryStatus.READ]


async def test_a_button_answers_for_her_and_cannot_be_tapped_twice(page: Page, shown: Service) -> None:
    await write(phone(page), "hola")
    await phone(page).get_by_role("button", name="Ahora no").click()
    await expect(bubbles(phone(page)).last).to_have_text("Usted eligió Ahora no.")
    await expect(bubbles(phone(page)).last.locator("strong")).to_have_text("Ahora no")
    await expect(phone(page).get_by_role("button", name="Ahora no")).to_be_disabled()
    assert (shown.door.accepted[-1].payload, shown.door.accepted[-1].text) == ("not_now", "Ahora no")


async def test_more_than_three_options_open_as_a_list_that_the_keyboard_can_use(page: Page, shown: Service) -> None:
    await write(phone(page), "lista")
    opener = phone(page).get_by_role("button", name="Ver opciones")
    await opener.press("Enter")
    await expect(phone(page).get_by_role("button", name="Opción 1")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()
    await opener.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(bubbles(phone(page)).last).to_have_text("Usted eligió Opción 2.")
    assert shown.door.accepted[-1].payload == "o2"


async def test_a_burst_stays_in_its_order(page: Page, shown: Service) -> None:
    lines = [f"mensaje {number}" for number in range(6)]
    for line in lines:
        await write(phone(page), line)
    await expect(bubbles(phone(page)).filter(has_text="mensaje")).to_have_text(lines)
    await expect(phone(page).locator(".theirs")).to_have_count(6)
    assert [message.text for message in shown.door.accepted] == lines


async def test_two_phones_side_by_side_do_not_mix(page: Page, shown: Service) -> None:
    await page.get_by_role("button", name="Añadir teléfono").click()
    await write(phone(page, 1), "soy la primera")
    await write(phone(page, 2), "soy la segunda")
    await expect(bubbles(phone(page, 1))).to_have_text(["soy la primera", SAFE_NOW.text])
    await expect(bubbles(phone(page, 2))).to_have_text(["soy la segunda", SAFE_NOW.text])
    assert {message.address.value for message in shown.door.accepted} == {"+570000000001", "+570000000002"}


async def test_a_reload_keeps_the_phones_and_their_histories(page: Page) -> None:
    await page.get_by_role("button", name="Añadir teléfono").click()
    await choose(phone(page, 2), "SMS")
    await write(phone(page, 2), "hola")
    await expect(bubbles(phone(page, 2))).to_have_count(2)
    await page.reload()
    await expect(bubbles(phone(page, 2))).to_have_count(2)
    await expect(phone(page, 2).get_by_role("radio", name="SMS")).to_be_checked()
    await expect(phone(page, 1)).to_be_visible()


async def test_a_removed_phone_is_gone_and_its_number_is_not_given_again(page: Page) -> None:
    await page.get_by_role("button", name="Quitar el Teléfono 1").click()
    await expect(phone(page, 1)).to_have_count(0)
    await page.get_by_role("button", name="Añadir teléfono").click()
    await expect(phone(page, 2)).to_be_visible()


async def test_an_sms_shows_numbers_and_what_it_costs(page: Page) -> None:
    await choose(phone(page), "SMS")
    await write(phone(page), "hola")
    await expect(bubbles(phone(page)).last).to_contain_text("1) Si 2) Ahora no 3) Me miran")
    await expect(phone(page).locator(".size")).to_have_text(["1 segmento · GSM-7"] * 2)
    await expect(phone(page).get_by_role("button", name="Adjuntar")).to_be_hidden()


async def test_she_can_send_a_voice_note_a_photo_a_place_and_a_contact(page: Page, shown: Service) -> None:
    for item in ("Nota de voz", "Foto", "Ubicación", "Contacto"):
        await phone(page).get_by_role("button", name="Adjuntar").click()
        await phone(page).get_by_role("menuitem", name=item).click()
    await expect(phone(page).locator(".mine")).to_have_count(4)
    await expect(phone(page).get_by_role("button", name="Oír la nota de voz")).to_be_visible()
    await expect(phone(page).get_by_role("img", name="Foto de muestra")).to_be_visible()
    await expect(phone(page).locator(".theirs").first).to_be_visible()
    kinds = [message.media[0].kind for message in shown.door.accepted if message.media]
    assert kinds == [MediaKind.AUDIO, MediaKind.IMAGE, MediaKind.CONTACT]


async def test_a_locked_screen_shows_what_a_notification_would_give_away(page: Page, shown: Service) -> None:
    shown.door.may_answer.clear()
    await write(phone(page), "hola")
    await choose(phone(page), "Bloqueada")
    shown.door.may_answer.set()
    notice = phone(page).get_by_role("listitem")
    await expect(notice).to_contain_text(SAFE_NOW.text)
    await expect(notice).to_contain_text("Contacto")
    assert DeliveryStatus.READ not in {report.status for report in shown.door.reports}
    await choose(phone(page), "Encendida")
    await expect(phone(page).locator(".theirs .reach")).to_have_text("Leído")


async def test_a_dark_screen_lights_up_when_a_message_comes(page: Page, shown: Service) -> None:
    shown.door.may_answer.clear()
    await write(phone(page), "hola")
    await choose(phone(page), "Apagada")
    await expect(phone(page).locator(".lock")).to_be_hidden()
    shown.door.may_answer.set()
    await expect(phone(page).locator(".lock")).to_be_visible()
    await expect(phone(page).get_by_role("listitem")).to_contain_text(SAFE_NOW.text)
    await expect(phone(page).locator(".lock")).to_be_hidden(timeout=8000)


async def test_a_lost_connection_is_said_and_what_she_wrote_goes_out_on_return(page: Page, shown: Service) -> None:
    await write(phone(page), "antes")
    await expect(bubbles(phone(page))).to_have_count(2)
    await shown.cut()
    await expect(page.get_by_role("status").first).to_have_text("Sin conexión. Lo que escriba saldrá al volver.")
    await write(phone(page), "durante")
    await expect(phone(page).get_by_role("img", name="Sin enviar todavía")).to_be_visible()
    await shown.start()
    await expect(page.get_by_role("status").first).to_be_empty()
    await expect(bubbles(phone(page))).to_have_text(["antes", SAFE_NOW.text, "durante", SAFE_NOW.text])
    assert [message.text for message in shown.door.accepted] == ["antes", "durante"]


async def test_a_new_start_of_the_service_is_told_and_not_hidden(page: Page, shown: Service) -> None:
    await write(phone(page), "antes")
    await expect(bubbles(phone(page))).to_have_count(2)
    await shown.stop()
    await shown.start(forget=True)
    await expect(phone(page).get_by_role("log")).to_have_text(re.compile("El servicio se reinició"))
    await expect(bubbles(phone(page))).to_have_count(0)
    await write(phone(page), "después")
    await expect(bubbles(phone(page))).to_have_text(["después", SAFE_NOW.text])


async def test_a_database_that_is_away_is_waited_for(page: Page, shown: Service) -> None:
    shown.door.is_down = True
    await write(phone(page), "hola")
    await expect(phone(page).get_by_role("img", name="No se pudo enviar")).to_be_visible()
    shown.door.is_down = False
    await expect(bubbles(phone(page))).to_have_text(["hola", SAFE_NOW.text])
    assert len(shown.door.accepted) == 1


async def test_a_long_answer_is_followed_but_does_not_pull_her_away_from_what_she_reads(page: Page) -> None:
    await write(phone(page), "cuento largo")
    await expect(bubbles(phone(page))).to_have_count(9)
    await expect(bubbles(phone(page)).last).to_be_in_viewport()
    log = phone(page).get_by_role("log")
    await log.evaluate("log => log.scrollTo(0, 0)")
    down = phone(page).get_by_role("button", name="Ir al último mensaje")
    await expect(down).to_be_visible()
    await down.click()
    await expect(bubbles(phone(page)).last).to_be_in_viewport()
