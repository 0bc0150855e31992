"""The disk fills up: the webhook says so, nothing is lost, and when there is room all are answered, once."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.doubles.database import move_clock
from tests.doubles.process import ServiceProcess
from tests.doubles.rig import rigged
from tests.doubles.twilio import TwilioDouble

_FULL = (
    "CREATE FUNCTION public.no_room() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("table", ["inbox", "outbox"])
async def test_when_the_database_has_no_room_she_is_refused_or_waits_and_is_answered_once(
    database_url: str, tmp_path: Path, table: str
) -> None:
    """Everywhere: the database itself answers 53100, as it does when a table cannot grow."""
    async with TwilioDouble() as twilio, rigged(database_url) as rig, _served(tmp_path, twilio, database_url):
        await rig.rows(_FULL)
        await rig.rows(
            f"CREATE TRIGGER no_room BEFORE INSERT ON public.{table} FOR EACH ROW EXECUTE FUNCTION public.no_room()"
        )
        statuses = {(await twilio.write("buenas", sender=_phone(n))).status for n in range(5)}
        assert statuses == ({503} if table == "inbox" else {200})
        await asyncio.sleep(1)
        assert twilio.messages == []
        await rig.rows(f"DROP TRIGGER no_room ON public.{table}")
        # A sweep that was cut off keeps others from it for a minute.
        await move_clock(rig.database, timedelta(seconds=61))
        await _all_answered_once(twilio, 5)
        failed = await rig.rows("SELECT 1 FROM inbox WHERE failed_at IS NOT NULL")
        assert list(failed) == []


def _may_mount(folder: Path) -> bool:
    """Whether this machine lets us have a small disk of our own."""
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        return False
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=128m", "tmpfs", folder], capture_output=True, check=False)
    return done.returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.timeout(240)
async def test_when_a_real_disk_is_full_to_the_last_byte_nothing_is_lost_and_all_are_answered_once(
    tmp_path: Path,
) -> None:
    """Where a small disk may be mounted (root); PostgreSQL itself then stops and starts again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _may_mount(disk):
        pytest.skip("this machine does not let us mount a small disk")
    try:
        async with TwilioDouble() as twilio, _served(disk, twilio):
            await twilio.write("buenas", sender=_phone(0))
            await _all_answered_once(twilio, 1)
            _fill(disk / "lleno")
            written, refused = 1, 0
            while refused < 3 and written < 400:
                answer = await twilio.write("mi esposo me pegó " * 80, sender=_phone(written))
                refused += answer.status == 503
                written += 1
            assert refused == 3
            (disk / "lleno").unlink()
            await _all_answered_once(twilio, written)
    finally:
        _unmount(disk)


@asynccontextmanager
async def _served(folder: Path, twilio: TwilioDouble, url: str = "") -> AsyncIterator[ServiceProcess]:
    service = ServiceProcess(folder, DATABASE_URL=url, TWILIO_API_BASE=twilio.url, SWEEP_SECONDS="1")
    twilio.service_url = service.url
    try:
        await service.start()
        yield service
    finally:
        await service.stop()


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filling:
        try:
            while True:
                filling.write(b"\0" * 65536)
        except OSError:
            return


async def _all_answered_once(twilio: TwilioDouble, count: int) -> None:
    async with asyncio.timeout(120):
        while len({message.to for message in twilio.messages}) < count:
            await asyncio.sleep(0.1)
    await asyncio.sleep(2.5)  # two sweeps more
    assert Counter(message.to for message in twilio.messages) == {f"whatsapp:{_phone(n)}": 1 for n in range(count)}


def _phone(n: int) -> str:
    return f"+573000000{n:03}"
