"""A new version meets an old database, and an old one a new: one changes it, once, or says in a line why it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storage.database import Database
from tests.doubles.database import TestDatabases
from tests.doubles.operator import order
from tests.doubles.process import ServiceProcess
from tests.doubles.twilio import TwilioDouble

HER = "+573001112233"


@pytest.fixture
async def empty_url(databases: TestDatabases) -> AsyncIterator[str]:
    name = await databases.make_empty()
    yield databases.url(name)
    await databases.drop(name)


@pytest.mark.timeout(120)
async def test_two_that_start_at_once_on_a_database_without_tables_make_them_once_and_both_serve(
    empty_url: str, tmp_path: Path
) -> None:
    folders = [tmp_path / "una", tmp_path / "otra"]
    for folder in folders:
        folder.mkdir()
    async with TwilioDouble() as twilio:
        both = [ServiceProcess(folder, DATABASE_URL=empty_url, TWILIO_API_BASE=twilio.url) for folder in folders]
        try:
            await asyncio.gather(*(service.start() for service in both))
            for number, service in enumerate(both):
                twilio.service_url = service.url
                answer = await twilio.write("buenas", sender=f"+57300000000{number}")
                assert answer.status == 200
            async with asyncio.timeout(30):
                while len(twilio.messages) < 2:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(1)
            assert sorted(message.to for message in twilio.messages) == [
                "whatsapp:+573000000000",
                "whatsapp:+573000000001",
            ]
        finally:
            for service in both:
                await service.stop()
    rows = await _ask(empty_url, "SELECT count(*) AS found FROM alembic_version")
    assert rows[0].found == 1


@pytest.mark.parametrize("command", ["serve", "migrate", "retention"])
async def test_an_old_program_stops_before_a_newer_database_with_one_line_and_changes_nothing(
    database_url: str, tmp_path: Path, command: str
) -> None:
    await _ask(database_url, "UPDATE public.alembic_version SET version_num = '9999'")
    service = ServiceProcess(tmp_path, DATABASE_URL=database_url)
    said = await order(service.environment, command)
    assert said.code == 1
    (line,) = said.err.strip().splitlines()
    assert line.startswith("valle-sano: la base de datos es de una versión más nueva del programa (forma 9999)")
    rows = await _ask(database_url, "SELECT version_num FROM public.alembic_version")
    assert [row.version_num for row in rows] == ["9999"]


async def _ask(url: str, sql: str) -> list[Any]:
    database = Database(url, connections=1)
    try:
        return list(await database.run(text(sql)))
    finally:
        await database.close()
