"""Chromium, started the same way for the tests and for the pictures, and what one does on a phone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright

from setup.browser import find_chromium

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


def chromium_or_skip() -> Path:
    """Where Chromium is; without one the tests are skipped, but never in CI."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: install it, or name it in CHROMIUM_PATH")
        pytest.skip("no Chromium here; install it, or name it in CHROMIUM_PATH")
    return path


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
