"""Chromium, started the same way for the tests and for the pictures, and what one does on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright

#: It calls nobody but the page's own service.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def open_chromium(path: Path) -> AsyncIterator[Browser]:
    """A headless browser that is closed at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(path), args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


def phone(page: Page, number: int = 1) -> Locator:
    return page.get_by_role("article", name=f"Teléfono {number}")


def bubbles(phone: Locator) -> Locator:
    return phone.locator(".bubble .text")


async def write(phone: Locator, text: str) -> None:
    field = phone.get_by_role("textbox")
    await field.fill(text)
    await field.press("Enter")


async def choose(phone: Locator, option: str) -> None:
    await phone.get_by_role("radio", name=option).check()
