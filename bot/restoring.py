"""``valle-sano restore``: a copy comes back into an empty database, with the newest keys and without the erased.

Everything that can be wrong with a copy is looked at before the database is touched, and it is played in one
transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from bot.backup import DATA, KEYS, MANIFEST, Manifest, checksum, complete_copies, dump_of
from bot.errors import BotError
from bot.progress import under_way
from bot.serve import reach_database, ready_to_run
from bot.settings import Settings
from storage.audit import Act, Trail
from storage.audit_chain import Finding, Head, chain, read_heads, verify
from storage.database import Database
from storage.erased import NAME, Erased, keep_erased, read_erased
from storage.forgetting import forget_again, forget_restored
from storage.keys import KeyRing
from storage.migrate import migrate
from storage.programs import ProgramFailed, find_programs
from storage.shape import shapes
from storage.snapshot import GUARD, RIGHTS, count_tables, last_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came back: the moment of the data and of the keys, how many people, how many were erased again.

    ``audited`` rows of the trail were looked at, ``findings`` are wrong; ``lost_heads`` are days whose end of the
    trail is newer than the copy, which were put aside. ``lists`` of the erased: each place where one should lie, and
    what it knew, None if there was none.
    """

    data: Manifest
    keys: Manifest
    erased: int
    audited: int
    findings: tuple[Finding, ...]
    lost_heads: tuple[Path, ...]
    lists: Mapping[Path, Erased | None]

    @property
    def erased_until(self) -> datetime | None:
        """Until when the lists, taken together, know who was erased; None if they know nothing of when."""
        return _together(self.lists).until


async def restore(
    settings: Settings, folder: Path, *, keys_folder: Path | None = None, copy: str | None = None
) -> Restored:
    """Bring the newest data (or ``copy``, by its name) and the newest keys back.

    Raises ``BotError``; then nothing changed.
    """
    settings = ready_to_run(settings)
    ring = KeyRing(settings.wrapping_keys, settings.blind_index_key)
    with under_way("revisión de la copia"):
        data_copy, data = _read(_choose(folder / DATA, copy), DATA)
        keys_copy, keys = _read(_choose(keys_folder or folder / KEYS, None), KEYS)
        _fit(data, keys, ring)
        places = (settings.erased_file, folder / NAME, (keys_folder or folder / KEYS) / NAME)
        lists = {place: read_erased(place) for place in places}
        erased = _together(lists)
    async with reach_database(settings) as url:
        database = Database(url, connections=2)
        try:
            if tables := await count_tables(database):
                raise BotError(
                    f"la base de datos no está vacía ({tables} tablas): solo se restaura en una vacía. "
                    "Pare el servicio y cree otra base de datos, o aparte VAR_DIR/postgres; nada se cambió"
                )
            programs = await find_programs(database, url)
            dumps = dump_of(data_copy, DATA), dump_of(keys_copy, KEYS)
            for dump in dumps:
                await programs.check("pg_restore", "--list", str(dump.resolve()))
            with under_way("restauración de los datos y las llaves"):
                try:
                    await programs.play([GUARD, dumps[0].resolve(), dumps[1].resolve(), RIGHTS])
                except ProgramFailed as error:
                    raise BotError(f"no se pudo restaurar y nada se cambió: {error}") from None
            await migrate(database)
            with under_way("borrados que hay que repetir"):
                again = await forget_again(database, erased.people) + await forget_restored(database)
            keep_erased(settings.erased_file, erased)
            audited, findings, lost = await _audit(settings, database, data)
        finally:
            await database.close()
    return Restored(
        data=data, keys=keys, erased=again, audited=audited, findings=findings, lost_heads=lost, lists=lists
    )


def _together(lists: Mapping[Path, Erased | None]) -> Erased:
    return reduce(or_, (found for found in lists.values() if found is not None), Erased())


async def _audit(
    settings: Settings, database: Database, data: Manifest
) -> tuple[int, tuple[Finding, ...], tuple[Path, ...]]:
    """Verify the trail as it came back; days that it does not reach any more are put aside, for they are lost."""
    key, end = settings.audit_signing_key, await last_link(database)
    lost = _put_aside(settings.audit_folder, end, data.at)
    audited, findings = await verify(database, key, read_heads(settings.audit_folder))
    await Trail(database, key).note(Act(act="database.restore", detail=f"{data.at:%Y-%m-%dT%H:%M:%SZ}"))
    await chain(database, key)
    return audited, tuple(findings), tuple(lost)


def _put_aside(folder: Path, end: Head | None, at: datetime) -> list[Path]:
    lost = []
    for path in sorted(folder.glob("*.txt")):
        seq = int(path.read_text(encoding="ascii").split()[0])
        if end is None or seq > end.seq:
            aside = folder / f"lost-{at:%Y-%m-%dT%H%M%SZ}"
            aside.mkdir(mode=0o700, exist_ok=True)
            lost.append(path.rename(aside / path.name))
    return lost


def _choose(home: Path, name: str | None) -> Path:
    copies = complete_copies(home)
    if name is not None:
        copies = [one for one in copies if one.name == name]
    if not copies:
        wanted = f"la copia {name}" if name else "una copia completa"
        raise BotError(f"no hay {wanted} en {home}; dé la carpeta en que valle-sano backup la dejó")
    return copies[-1]


def _read(copy: Path, part: str) -> tuple[Path, Manifest]:
    """A copy's folder and what it says of itself, if its dump is the one that it says."""
    other = BotError(f"{copy} no es una copia de Valle Sano ({part}); dé la carpeta en que valle-sano backup la dejó")
    try:
        said = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BotError(f"{copy / MANIFEST} falta o está dañado: esa copia no sirve; use otra con --copy") from None
    if not isinstance(said, dict) or said.get("made_by") != "valle-sano" or said.get("part") != part:
        raise other
    try:
        manifest = _manifest(said)
    except (KeyError, TypeError, ValueError):
        raise other from None
    dump = dump_of(copy, part)
    if not dump.is_file():
        raise BotError(f"{dump} falta: esa copia no sirve; use otra con --copy")
    if (size := dump.stat().st_size) != manifest.size:
        raise BotError(
            f"{dump} está cortado ({size} bytes de {manifest.size}): esa copia no sirve; use otra con --copy"
        )
    if checksum(dump) != manifest.sha256:
        raise BotError(f"{dump} está dañado: su suma no es la de su manifest.json; use otra copia con --copy")
    return copy, manifest


def _manifest(said: Mapping[str, Any]) -> Manifest:
    found = {one.name: said[one.name] for one in fields(Manifest)}
    at = datetime.fromisoformat(found["at"])
    if at.tzinfo is None:
        raise ValueError(said["at"])
    return Manifest(**{**found, "at": at, "wrapped_by": tuple(found["wrapped_by"])})


def _fit(data: Manifest, keys: Manifest, ring: KeyRing) -> None:
    """Refuse a copy of another version, keys older than the data, and keys that SECRET_KEYS does not open."""
    for manifest in (data, keys):
        if manifest.shape not in shapes():
            raise BotError(
                f"la copia es de una versión más nueva del programa (forma {manifest.shape}); ponga esa versión"
            )
    if keys.at < data.at:
        raise BotError(
            f"las llaves ({keys.at:%Y-%m-%d %H:%M}) son más viejas que los datos ({data.at:%Y-%m-%d %H:%M}): "
            "quien escribió entre las dos quedaría ilegible. Traiga las llaves nuevas, o dé con --copy otra copia"
        )
    if missing := [name for name in keys.wrapped_by if not ring.opens(name)]:
        raise BotError(
            f"SECRET_KEYS no tiene la llave que abre esta copia (huella {', '.join(missing)}); "
            "agréguela después de la primera: está en el sobre"
        )
