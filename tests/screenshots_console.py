"""The pictures of the console, for its manuals: invented people, the whole service, a real browser.

Part of ``python -m tests.screenshots``.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from PIL import Image
from playwright.async_api import Page, expect

from bot.messages import Address
from bot.progress import say
from bot.staff import Role
from storage.embedded import EmbeddedPostgres
from tests.console.pages import Office, offices
from tests.doubles.database import TestDatabases, move_clock

PICTURES = Path(__file__).parent.parent / "docs" / "screenshots" / "consola"
_COLOURS = 128
_WORDS = "Escribirle a ella"
_ANOTHER = Address(channel="whatsapp", value="+573000000101")


async def picture_console() -> None:
    """Make every picture of the console anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="valle-sano-") as folder:
        postgres = EmbeddedPostgres(Path(folder), durable=False)
        databases = TestDatabases(await postgres.start())
        try:
            await databases.prepare()
            for scene in (_a_psychologists_day, _a_coordinators_day):
                await _play(databases, scene)
        finally:
            await databases.close()
            await postgres.stop()


async def _play(databases: TestDatabases, scene: Callable[[Office], Awaitable[None]]) -> None:
    name = await databases.make()
    async with offices(databases.url(name)) as office:
        await scene(office)
    await databases.drop(name)


async def _a_psychologists_day(office: Office) -> None:
    ward = office.ward
    for name, said in (("espera", "Deme un momento, ya le leo."), ("sigo", "Aquí sigo. No está sola.")):
        await ward.house.office.replies.add(by=uuid4(), name=name, words=said)
    await ward.asks_for_a_person(by=_ANOTHER)
    await move_clock(ward.rig.database, timedelta(minutes=4))
    await ward.is_in_danger()
    ana = await office.psychologist("ana")
    await expect(ana.get_by_text("me va a matar")).to_be_visible()
    await _picture(ana, "cola")
    await ana.get_by_role("button", name="Tomar la siguiente").click()
    words = ana.get_by_label(_WORDS)
    await expect(words).to_be_editable()
    await ana.wait_for_load_state()
    await words.fill("Hola, soy Ana. Estoy aquí con usted.")
    await ana.keyboard.press("Enter")
    await expect(ana.locator("#lines .ours")).to_have_count(1)
    await ward.writes("estoy en el baño con los niños")
    await expect(ana.locator("#lines .hers").last).to_contain_text("en el baño")
    await _picture(ana, "conversacion")
    await words.press("/")
    await expect(ana.get_by_text("Leído el").first).to_be_visible()
    await _picture(ana, "respuestas-rapidas")
    await ana.keyboard.press("Escape")
    await ana.get_by_role("button", name="Llamar 123 por ella").click()
    await _picture(ana, "llamar-123")
    await ana.keyboard.press("Escape")
    await ward.writes("me miran")
    await expect(ana.get_by_role("alert")).to_be_visible()
    await _picture(ana, "candado")
    await ana.get_by_role("link", name="Cerrar").click()
    await expect(ana.get_by_role("heading", name="Cerrar la conversación")).to_be_visible()
    await _picture(ana, "cierre", whole=True)
    for path in ("entrega", "turnos", "cuenta"):
        await ana.goto(f"{ward.house.url}/consola/{path}")
        await _picture(ana, path)
    await ana.set_viewport_size({"width": 390, "height": 844})
    await ana.goto(f"{ward.house.url}/consola/cola")
    await _picture(ana, "cola-celular")
    await ana.context.clear_cookies()
    await ana.set_viewport_size({"width": 1280, "height": 860})
    await ana.goto(f"{ward.house.url}/consola/entrar")
    await _picture(ana, "entrar")


async def _a_coordinators_day(office: Office) -> None:
    ward = office.ward
    await office.psychologist("ana")
    await ward.is_in_danger()
    await ward.house.office.replies.add(by=uuid4(), name="espera", words="Deme un momento, ya le leo.")
    for login, role, paths in (
        ("carmen", Role.COORDINATOR, ("tablero", "turnos", "equipo", "respuestas")),
        ("delia", Role.AUDITOR, ("auditoria",)),
    ):
        browser = await office.page(await office.context(login, "Norte", "Sur", role=role), "/consola/cuenta")
        for path in paths:
            await browser.goto(f"{ward.house.url}/consola/{path}")
            await _picture(browser, path if path != "turnos" else "turnos-coordinacion")


async def _picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Write a picture in few colours, small in the repository."""
    shot = Image.open(io.BytesIO(await page.screenshot(full_page=whole))).convert("RGB")
    path = PICTURES / f"{name}.png"
    shot.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    say(f"consola/{path.name}: {path.stat().st_size // 1024} kB")
