"""Any screen, any pair of eyes, with a keyboard or a reader: the page is usable."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.simulator.browser import bubbles, choose, phone, write
from tests.simulator.contrast import FAINT
from tests.simulator.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
async def test_it_fits_every_screen(page: Page, width: int) -> None:
    await page.set_viewport_size(ViewportSize(width=width, height=740))
    await write(phone(page), "hola")
    await expect(phone(page).get_by_role("button", name="Me miran")).to_be_in_viewport()
    await expect(phone(page).get_by_role("button", name="Enviar")).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = await phone(page).locator("button:visible").evaluate_all("all => all.map(b => b.getBoundingClientRect())")
    assert all(box["width"] >= 36 and box["height"] >= 36 for box in boxes)


async def test_the_keyboard_alone_is_enough(page: Page, shown: Service) -> None:
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Ir a los teléfonos")).to_be_focused()
    reached: list[str] = []
    for _ in range(20):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.value ?? ''"))
        if reached[-1] == "Mensaje del Teléfono 1":
            break
    for stop in ("Añadir teléfono", "Quitar el Teléfono 1", "whatsapp", "on", "Conversación del Teléfono 1"):
        assert stop in reached
    await page.keyboard.type("hola")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("sigo aquí")
    await page.keyboard.press("Enter")
    await expect(bubbles(phone(page)).first).to_have_text("hola sigo aquí")
    assert shown.door.accepted[0].text == "hola\nsigo aquí"
    outline = await page.evaluate("getComputedStyle(document.querySelector('.pill')).outlineStyle")
    assert outline == "solid"


async def test_every_control_has_a_name_and_every_id_is_one(page: Page) -> None:
    await page.get_by_role("button", name="Añadir teléfono").click()
    await write(phone(page, 2), "hola")
    await expect(bubbles(phone(page, 2))).to_have_count(2)
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll('button, textarea, input, [role=log], img')]
            .filter(e => !(e.ariaLabel || e.alt !== undefined && e.hasAttribute('alt')
                           || e.labels?.length || e.textContent.trim()))
            .map(e => e.outerHTML)"""
    )
    assert nameless == []
    ids = await page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert await page.evaluate("document.documentElement.lang") == "es-CO"
    log = phone(page, 2).get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    await expect(page.get_by_text("Demostración — contenido sin revisar")).to_be_visible()


@pytest.mark.parametrize("look", ["WhatsApp", "SMS"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_word_stands_out_from_its_ground(page: Page, scheme: str, look: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    await choose(phone(page), look)
    await write(phone(page), "hola")
    await expect(phone(page).locator(".theirs")).to_have_count(1)
    if look == "WhatsApp":
        await phone(page).get_by_role("button", name="Me miran").click()
        await expect(phone(page).get_by_role("button", name="Me miran")).to_be_disabled()
    await asyncio.sleep(0.3)
    assert await page.evaluate(FAINT) == []
