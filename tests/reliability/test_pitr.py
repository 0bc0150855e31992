"""Back to a minute: the settings of the operator's manual are put into a PostgreSQL, its disk is lost, and it returns.

What was written until that minute is there, what came later is not, and whoever was erased later is erased again.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import mkdtemp
from textwrap import dedent

import pytest

from tests.doubles.archived import DATABASE, ArchivedPostgres
from tests.doubles.operator import order
from tests.doubles.process import ServiceProcess
from tests.doubles.twilio import TwilioDouble

BEFORE, AFTER_THE_COPY, LATER = "+573001112233", "+573009998877", "+573005554433"
_MANUAL = Path(__file__).parents[2] / "docs" / "operations.md"
_KEYS = "SELECT count(*) FROM keys.owner_keys WHERE owner_kind = 'person'"

_ERASED = """
SELECT count(*), (SELECT count(*) FROM keys.owner_keys k JOIN people p ON p.id = k.owner_id
                  WHERE p.forgotten_at IS NOT NULL) FROM people WHERE forgotten_at IS NOT NULL
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ArchivedPostgres]:
    """A server that keeps each change apart, as the manual has it; its socket lies where a short path is."""
    socket = Path(mkdtemp(prefix="valle-sano-", dir="/tmp"))
    found = ArchivedPostgres(tmp_path / "servidor", socket)
    await found.make(_block("pitr", found))
    yield found
    await found.kill()
    shutil.rmtree(socket)


@pytest.mark.timeout(240)
async def test_back_to_a_minute_all_that_was_written_until_then_is_there_and_the_erased_are_erased_again(
    server: ArchivedPostgres, tmp_path: Path
) -> None:
    (var := tmp_path / "var").mkdir()
    base = server.home / "base"
    async with TwilioDouble() as twilio:
        service = ServiceProcess(var, TWILIO_API_BASE=twilio.url, SWEEP_SECONDS="60", DATABASE_URL=server.url)
        twilio.service_url = service.url
        try:
            await service.start()
            await _write(twilio, BEFORE)
            await server.run("pg_basebackup", f"--host={server.socket}", "--username=postgres",
                             f"--pgdata={base}", "--checkpoint=fast", "--no-sync")  # fmt: skip
            await _write(twilio, AFTER_THE_COPY)
            minute = await server.ask("SELECT now()")
            forgotten = await order(service.environment, "forget", BEFORE)
            assert "su llave fue destruida" in forgotten.out, forgotten.err
            await _write(twilio, LATER)
            assert await _ask(server, _KEYS) == "2"
            await _archived(server)
            await service.kill()
            await server.lose()

            server.bring_back(base)
            server.configure(_block("volver", server, minute=minute))
            await server.start()
            # Whoever wrote after the copy is there; so is the one who was erased later, and the latest is not.
            assert (await _ask(server, "SELECT count(*) FROM people WHERE forgotten_at IS NULL")) == "2"
            assert await _ask(server, _KEYS) == "2"

            await service.start()
            async with asyncio.timeout(30):
                while await _ask(server, _ERASED) != "1|0":
                    await asyncio.sleep(0.2)
            await twilio.write("1", sender=AFTER_THE_COPY)
            assert "¿Está a salvo en este momento?" in (await _heard(twilio, AFTER_THE_COPY, 2))[1]
            audited = await order(service.environment, "audit", "verify")
            assert audited.code == 0, audited.out
        finally:
            await service.kill()


def _block(name: str, server: ArchivedPostgres, *, minute: str = "") -> str:
    """The lines of one file of the manual, with this server's folder and this minute in them."""
    found = re.search(
        rf"```\n *# [^\n]*valle-sano-{name}\.conf\n(.*?)```", _MANUAL.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None, f"the manual has no valle-sano-{name}.conf"
    lines = dedent(found[1]).replace("/var/backups/valle-sano-pitr/wal", str(server.archive))
    return re.sub(r"(recovery_target_time = )'.*'", rf"\1'{minute}'", lines)


async def _archived(server: ArchivedPostgres) -> None:
    """Wait until what was written so far is in the archive, as `archive_timeout` would bring about."""
    last = await server.ask("SELECT pg_walfile_name(pg_switch_wal())")
    async with asyncio.timeout(30):
        while not (server.archive / last).exists():
            await asyncio.sleep(0.1)


async def _write(twilio: TwilioDouble, who: str) -> None:
    await twilio.write("mi esposo me pegó anoche, vivo en buga", sender=who)
    await _heard(twilio, who, 1)


async def _heard(twilio: TwilioDouble, who: str, count: int) -> list[str]:
    async with asyncio.timeout(30):
        while len(twilio.heard(who)) < count:
            await asyncio.sleep(0.05)
    return twilio.heard(who)


async def _ask(server: ArchivedPostgres, sql: str) -> str:
    return await server.ask(sql, database=DATABASE)
