"""A database with a copy of it, and an empty one for it to come back into."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.backup import Copied, back_up
from bot.messages import Address
from bot.restoring import restore
from bot.settings import Settings, read_settings
from storage.database import Database
from storage.snapshot import count_tables
from tests.doubles.database import TestDatabases
from tests.doubles.process import AUDIT_KEY, INDEX_KEY, WRAPPING_KEY
from tests.doubles.rig import HER, Rig, rigged
from tests.doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, WHATSAPP_NUMBER

OTHER = Address(channel="whatsapp", value="+573009998877")


def settings_of(url: str, var_dir: Path, **more: str) -> Settings:
    return read_settings(
        **{
            "database_url": url,
            "var_dir": var_dir,
            "public_url": "https://ejemplo.gov.co",
            "twilio_account_sid": ACCOUNT_SID,
            "twilio_auth_token": AUTH_TOKEN,
            "twilio_whatsapp_from": WHATSAPP_NUMBER,
            "secret_keys": WRAPPING_KEY,
            "index_key": INDEX_KEY,
            "audit_key": AUDIT_KEY,
            **more,
        }
    )


@dataclass
class World:
    """A database with two people in it, a copy of it, and an empty one for it to come back into."""

    rig: Rig
    settings: Settings
    folder: Path
    copied: Copied
    empty_url: str

    async def bring_back(self, **more: str) -> None:
        settings = settings_of(self.empty_url, self.settings.var_dir, **more)
        await restore(settings, self.folder)

    async def is_untouched(self) -> bool:
        database = Database(self.empty_url, connections=1)
        try:
            return await count_tables(database) == 0
        finally:
            await database.close()


@asynccontextmanager
async def copied_world(databases: TestDatabases, database_url: str, folder: Path) -> AsyncIterator[World]:
    """Two people who have written, ``HER`` and ``OTHER``, and a copy of both under ``folder``."""
    name = await databases.make_empty()
    copies = folder / "copias"
    async with rigged(database_url) as rig:
        await rig.write("mi esposo me pegó anoche, vivo en buga", by=HER)
        await rig.write("buenas", by=OTHER)
        settings = settings_of(database_url, folder / "var")
        copied = await back_up(settings, copies)
        yield World(rig=rig, settings=settings, folder=copies, copied=copied, empty_url=databases.url(name))
    await databases.drop(name)
