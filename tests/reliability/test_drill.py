"""The drill: copied, somebody erased, the database gone, brought back. As an operator does it, by the command line."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from storage.database import Database
from storage.embedded import EmbeddedPostgres
from tests.doubles.operator import order
from tests.doubles.process import ServiceProcess
from tests.doubles.twilio import TwilioDouble

HER, OTHER, LATER = "+573001112233", "+573009998877", "+573005554433"
_LEGIBLE = """
SELECT count(*) FILTER (WHERE k.id IS NOT NULL AND i.body_sealed IS NOT NULL) AS legible,
       count(*) FILTER (WHERE i.body_sealed IS NULL) AS emptied
FROM inbox i JOIN conversations c ON c.id = i.conversation_id
LEFT JOIN keys.owner_keys k ON k.owner_id = c.person_id WHERE i.kind = 'person'
"""


@pytest.mark.timeout(240)
async def test_after_the_database_is_lost_and_restored_she_stays_erased_and_the_others_are_answered(
    tmp_path: Path,
) -> None:
    var, copies = tmp_path / "var", tmp_path / "copias"
    var.mkdir()
    async with TwilioDouble() as twilio:
        service = ServiceProcess(var, TWILIO_API_BASE=twilio.url, SWEEP_SECONDS="1")
        twilio.service_url = service.url
        try:
            await service.start()
            for who in (HER, OTHER):
                await twilio.write("mi esposo me pegó anoche, vivo en buga", sender=who)
                await _heard(twilio, who, 1)
            copied = await order(service.environment, "backup", str(copies))
            assert copied.code == 0, copied.err
            forgotten = await order(service.environment, "forget", HER)
            assert "su llave fue destruida" in forgotten.out, forgotten.err
            await twilio.write("buenas", sender=LATER)
            await _heard(twilio, LATER, 1)
            await service.kill()
            await _stop_server(var)
            shutil.rmtree(var / "postgres")
            (var / "erased.txt").unlink()  # the list beside the copies is enough

            back = await order(service.environment, "restore", str(copies))
            assert back.code == 0, back.err
            assert "Borradas de nuevo: 1." in back.out
            assert f"ATENCIÓN: falta la lista de borrados {var / 'erased.txt'}." in back.out
            again = await order(service.environment, "restore", str(copies))
            assert (again.code, "no está vacía" in again.err) == (1, True)

            await service.start()
            await twilio.write("1", sender=OTHER)
            assert "¿Está a salvo en este momento?" in (await _heard(twilio, OTHER, 2))[1]
            audited = await order(service.environment, "audit", "verify")
            assert "Problemas: 0." in audited.out
            assert audited.code == 0
            row = await _ask(var)
            # Hers emptied; the other's two; and that of whoever wrote after the copy, which Twilio still had.
            assert row.emptied == 1
            assert row.legible >= 2
            health = f"{service.url}/health"
            async with aiohttp.ClientSession() as session, session.get(health) as answer:
                assert answer.status == 200
        finally:
            await service.kill()
            await _stop_server(var)


async def _heard(twilio: TwilioDouble, who: str, count: int) -> list[str]:
    async with asyncio.timeout(30):
        while len(twilio.heard(who)) < count:
            await asyncio.sleep(0.05)
    return twilio.heard(who)


async def _stop_server(var: Path) -> None:
    """What a killed service leaves running is adopted and stopped."""
    if (var / "postgres").exists():
        embedded = EmbeddedPostgres(var)
        await embedded.start()
        await embedded.stop()


async def _ask(var: Path) -> Any:
    database = Database(EmbeddedPostgres(var).url, connections=1)
    try:
        return (await database.run(text(_LEGIBLE)))[0]
    finally:
        await database.close()
