"""``python -m tests.screenshots``: plays the README's five minutes and makes its pictures.

A real service on a port of its own, with an empty database that is thrown away; Chromium before it.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from PIL import Image
from playwright.async_api import Browser, Locator, Page, ViewportSize

from bot.progress import say
from setup.browser import find_chromium
from tests.simulator.browser import bubbles, choose, open_chromium, phone, write

PICTURES = Path(__file__).parent.parent / "docs" / "screenshots"

#: A first start makes the database and may have to load the NLU's model.
_START_SECONDS = 180
_NLU_SECONDS = 120
#: Nothing new for so long: the bot has said what it had to say.
_QUIET_SECONDS = 2.5


async def main() -> int:
    """Make all pictures; 1 if there is no browser or the service does not start."""
    chromium = find_chromium()
    if chromium is None:
        say("Sin Chromium: instálelo o diga dónde está con CHROMIUM_PATH.")
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with _service() as url, open_chromium(chromium) as browser:
        await _side_by_side(browser, url)
        await _in_the_hand(browser, url)
    return 0


async def _side_by_side(browser: Browser, url: str) -> None:
    page = await _open(browser, url, width=1280, height=860)
    she, plain, locked = [phone(page, number) for number in (1, 2, 3)]
    await _add(page)
    await _add(page)
    await _tell(she)
    await choose(plain, "SMS")
    await write(plain, "buenas")
    await _settle(plain)
    await write(locked, "hola")
    await choose(locked, "Bloqueada")
    await locked.get_by_role("listitem").first.wait_for()
    await page.mouse.click(2, 500)
    await _picture(page, "simulador.png")
    await page.emulate_media(color_scheme="dark")
    await _picture(page, "simulador-oscuro.png")
    await page.context.close()


async def _in_the_hand(browser: Browser, url: str) -> None:
    page = await _open(browser, url, width=390, height=780, first=4)
    await _tell(phone(page, 4))
    await _picture(page, "simulador-celular.png")
    await page.context.close()


async def _tell(she: Locator) -> None:
    """Play the README's conversation: what happened, and that she can write."""
    await write(she, "mi esposo me pegó anoche, vivo en buga")
    await _settle(she)
    yes = she.get_by_role("button", name="Sí", exact=True).last
    if await yes.is_enabled():
        await yes.click()
        await _settle(she)


async def _settle(she: Locator) -> None:
    """Wait until the bot has answered and has nothing to add."""
    before = await bubbles(she).count()
    for _ in range(100):
        if await bubbles(she).count() > before:
            break
        await asyncio.sleep(0.1)
    seen = -1
    while (now := await bubbles(she).count()) != seen:
        seen = now
        await asyncio.sleep(_QUIET_SECONDS)


async def _open(browser: Browser, url: str, *, width: int, height: int, first: int = 1) -> Page:
    context = await browser.new_context(
        viewport=ViewportSize(width=width, height=height),
        device_scale_factor=2 if width < 500 else 1,
        locale="es-CO",
        timezone_id="America/Bogota",
        reduced_motion="reduce",
    )
    phones = {"next": first + 1, "phones": [{"number": first, "look": "whatsapp"}]}
    await context.add_init_script(f"localStorage.setItem('valle-sano-simulador', '{json.dumps(phones)}')")
    page = await context.new_page()
    await page.goto(f"{url}/simulador")
    return page


async def _add(page: Page) -> None:
    await page.get_by_role("button", name="Añadir teléfono").click()


async def _picture(page: Page, name: str) -> None:
    """Write a picture in 128 colours: enough for a page, and small in the repository."""
    taken = await page.screenshot()
    whole = Image.open(io.BytesIO(taken)).convert("RGB")
    few = whole.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(PICTURES / name, optimize=True)
    say(f"{PICTURES.name}/{name}: {(PICTURES / name).stat().st_size // 1024} kB")


@asynccontextmanager
async def _service() -> AsyncIterator[str]:
    """``valle-sano serve`` in a demonstration of its own."""
    with tempfile.TemporaryDirectory(prefix="valle-sano-") as folder:
        port = _free_port()
        log = Path(folder) / "service.log"
        environment = {**os.environ, "DEMO": "1", "HOST": "127.0.0.1", "PORT": str(port), "VAR_DIR": folder}
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "serve", env=environment, stdout=out, stderr=out
            )
        url = f"http://127.0.0.1:{port}"
        try:
            await _until_up(url, process)
            yield url
        except TimeoutError:
            say(log.read_text(encoding="utf-8", errors="replace")[-4000:])
            raise
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()


async def _until_up(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait for the service, then a while for its NLU; without one it goes by words."""
    async with asyncio.timeout(_START_SECONDS):
        while (await _health(url)).get("database") != "up":
            if process.returncode is not None:
                raise TimeoutError
            await asyncio.sleep(0.5)
    try:
        async with asyncio.timeout(_NLU_SECONDS):
            while (await _health(url)).get("nlu") != "up":
                await asyncio.sleep(0.5)
    except TimeoutError:
        say("Sin Rasa: las imágenes se hacen por palabras y botones.")


async def _health(url: str) -> dict[str, object]:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/health") as response:
            found: dict[str, object] = await response.json()
            return found
    except aiohttp.ClientError:
        return {}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
