"""``valle-sano backup``: the data without the keys, and the keys apart, of one and the same moment.

A copy is a folder named after its moment, ``DIR/data/2026-12-01T030000Z``, with one dump and ``manifest.json``; the
folder has that name only when it is complete. Its keys lie in ``DIR/keys`` or in another place, and live seven days.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.errors import BotError
from bot.progress import say, under_way
from bot.retention import load_periods
from bot.serve import open_database, ready_to_run
from bot.settings import Settings
from storage.database import Database
from storage.erased import NAME, erased_lately, keep_erased, remember_places
from storage.programs import Programs, find_programs
from storage.snapshot import Snapshot, held_snapshot
from storage.watermarks import WHOLE_COPY, move_watermark

DATA, KEYS, MANIFEST = "data", "keys", "manifest.json"
#: What a folder of a copy is called, in UTC: the order of the names is the order of time.
_NAME = "%Y-%m-%dT%H%M%S.%fZ"
_OURS = "valle-sano"
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a copy says of itself; ``part`` is ``data`` or ``keys``, ``at`` the moment that it shows.

    ``shape`` is the database's (a migration's name), ``wrapped_by`` the fingerprints of the keys of SECRET_KEYS that
    open it, ``sha256`` and ``size`` are the dump's.
    """

    part: str
    at: datetime
    shape: str
    people: int
    keys: int
    wrapped_by: tuple[str, ...]
    sha256: str
    size: int
    made_by: str = _OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What one run left behind: two folders, how large, and how many older copies it removed."""

    data: Path
    keys: Path
    people: int
    size: int
    old_data: int
    old_keys: int


async def back_up(settings: Settings, folder: Path, *, keys_folder: Path | None = None) -> Copied:
    """Copy everything, and remove the copies that are older than their time. Raises ``BotError``; then nothing is new.

    The service may go on meanwhile: both parts show one moment. From then on it notes beside both who was erased.
    """
    settings = ready_to_run(settings)
    data_home, keys_home = folder / DATA, keys_folder or folder / KEYS
    for home in (data_home, keys_home):
        _make_folder(home)
    async with open_database(settings, may_migrate=False) as url:
        database = Database(url, connections=2)
        try:
            programs = await find_programs(database, url)
            async with held_snapshot(database) as snapshot:
                name = snapshot.at.astimezone(UTC).strftime(_NAME)
                with under_way("copia de los datos, sin las llaves"):
                    data = await _copy(programs, snapshot, data_home / name, DATA, "--exclude-schema=keys")
                try:
                    with under_way("copia de las llaves, aparte"):
                        keys = await _copy(programs, snapshot, keys_home / name, KEYS, "--schema=keys")
                except BaseException:
                    shutil.rmtree(data_home / name, ignore_errors=True)
                    raise
            erased = await erased_lately(database)
            for place in (folder, keys_home):
                keep_erased(place / NAME, erased)
            remember_places(settings.copies_file, (folder, keys_home))
            await move_watermark(database, WHOLE_COPY, snapshot.at)
        finally:
            await database.close()
    periods = load_periods()
    removed = {
        home: _remove_older(home, snapshot.at - periods[key].after)
        for home, key in ((data_home, "data_copies"), (keys_home, "key_copies"))
    }
    return Copied(
        data=data_home / name,
        keys=keys_home / name,
        people=snapshot.people,
        size=data.size + keys.size,
        old_data=removed[data_home],
        old_keys=removed[keys_home],
    )


def complete_copies(home: Path) -> list[Path]:
    """The copies of one kind, oldest first; one that was not finished has another name."""
    return sorted(one for one in home.glob("*") if one.is_dir() and moment_of(one) is not None)


def moment_of(copy: Path) -> datetime | None:
    """The moment that a copy's name gives (aware); None for another folder."""
    with suppress(ValueError):
        return datetime.strptime(copy.name, _NAME).replace(tzinfo=UTC)
    return None


def dump_of(copy: Path, part: str) -> Path:
    """The dump in a copy's folder."""
    return copy / f"{part}.dump"


def checksum(file: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    found = hashlib.sha256()
    with file.open("rb") as read:
        while piece := read.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


async def _copy(programs: Programs, snapshot: Snapshot, place: Path, part: str, *which: str) -> Manifest:
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        aside.mkdir(mode=0o700)
        dump = dump_of(aside, part)
        await programs.write(
            dump, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot.name}", *which
        )
        await programs.check("pg_restore", "--list", str(dump.resolve()))
        manifest = Manifest(
            part=part,
            at=snapshot.at,
            shape=snapshot.shape,
            people=snapshot.people,
            keys=snapshot.keys,
            wrapped_by=snapshot.wrapped_by,
            sha256=checksum(dump),
            size=dump.stat().st_size,
        )
        words = json.dumps(asdict(manifest), indent=1, default=datetime.isoformat)
        _write(aside / MANIFEST, words)
        aside.rename(place)
        _sync(place.parent)
    except OSError as error:
        raise BotError(f"no se pudo escribir la copia en {place.parent} ({error.strerror}); revise el disco") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    say(f"  {place}: {manifest.size / 1e6:.1f} MB")
    return manifest


def _remove_older(home: Path, than: datetime) -> int:
    """Remove copies older than that, and what runs that were cut off left a day ago."""
    gone = 0
    for copy in complete_copies(home)[:-1]:
        moment = moment_of(copy)
        if moment is not None and moment < than:
            shutil.rmtree(copy)
            gone += 1
    yesterday = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    for left in home.glob(".*Z.*"):
        if left.stat().st_mtime < yesterday:
            shutil.rmtree(left, ignore_errors=True)
    return gone


def _make_folder(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.chmod(0o700)
    except OSError as error:
        raise BotError(f"no se puede escribir en {home} ({error.strerror}); dé otra carpeta") from None


def _write(file: Path, words: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(words)
        out.flush()
        os.fsync(out.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
