"""``python -m tests.screenshots``: plays the README's five minutes and makes its pictures.

A real service on a port of its own, with an empty database that is thrown away; Chromium before it.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
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
from tests.screenshots_console import picture_console
from tests.simulator.browser import bubbles, choose, open_chromium, phone, write

PICTURES = Path(__file__).parent.parent / "docs" / "screenshots"

#: A first start makes the database and may have to load the NLU's model.
_START_SECONDS = 180
_NLU_SECONDS = 120
#: Nothing new for so long: the bot has said what it had to say.
_QUIET_SECONDS = 2.5

#: In so many colours a page looks like itself; the blue of a tick is too small to be among them.
_COLOURS = 160
_BLUES = ((11, 111, 174), (124, 199, 244))


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
    await picture_console()
    return 0


async def _side_by_side(browser: Browser, url: str) -> None:
    page = await _open(browser, url, width=1280, height=980)
    she, plain, locked = [phone(page, number) for number in (1, 2, 3)]
    await _add(page)
    await _add(page)
    await _tell(she, "Sí")
    await choose(plain, "SMS")
    await write(plain, "mi esposo me pegó anoche")
    await _settle(plain)
    await write(plain, "1")
    await _settle(plain)
    await write(locked, "hola")
    await choose(locked, "Bloqueada")
    await locked.get_by_role("listitem").first.wait_for()
    await _picture(page, "simulador.png")
    await page.emulate_media(color_scheme="dark")
    await _picture(page, "simulador-oscuro.png")
    await page.context.close()


async def _in_the_hand(browser: Browser, url: str) -> None:
    page = await _open(browser, url, width=390, height=940, first=4)
    await _tell(phone(page, 4), "Sí", "Sí", "No")
    await _picture(page, "simulador-celular.png")
    await page.context.close()


async def _tell(she: Locator, *taps: str) -> None:
    """Play the README's conversation: what happened, and an answer to each question."""
    await write(she, "mi esposo me pegó anoche, vivo en buga")
    await _settle(she)
    for title in taps:
        button = she.locator(".row").last.get_by_role("button", name=title, exact=True)
        if not await button.count():
            say(f"El contenido ya no ofrece «{title}» aquí: corrija la conversación de {Path(__file__).name}.")
            return
        await button.click()
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
    """Write a picture in few colours, small in the repository; the ticks' blue is kept by name."""
    await page.mouse.click(2, 400)
    whole = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    usual = whole.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*usual[: 3 * _COLOURS], *(part for blue in _BLUES for part in blue)])
    whole.quantize(palette=palette, dither=Image.Dither.NONE).save(PICTURES / name, optimize=True)
    say(f"{PICTURES.name}/{name}: {(PICTURES / name).stat().st_size // 1024} kB")


@asynccontextmanager
async def _service() -> AsyncIterator[str]:
    """``valle-sano serve`` in a demonstration of its own."""
    with tempfile.TemporaryDirectory(prefix="valle-sano-") as folder:
        _bring_model(Path(folder))
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


def _bring_model(folder: Path) -> None:
    """Take along the model that was trained already: training takes longer than all pictures."""
    trained = Path(os.environ.get("VAR_DIR", "var")) / "models"
    if trained.is_dir():
        shutil.copytree(trained, folder / "models")


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
