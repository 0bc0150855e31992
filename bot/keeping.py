"""What the operator says about keeping and losing: ``valle-sano retention``, ``backup`` and ``restore``."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path

from bot.backup import back_up
from bot.restoring import Restored, restore
from bot.retention import Period, load_periods
from bot.serve import open_database
from bot.settings import Settings
from bot.territory.directory import load_hours
from storage.database import Database
from storage.retention import Due, count_due

Command = Callable[[Settings, argparse.Namespace], int]
_HEADINGS = ("Qué se guarda", "Cuánto", "Por quitar", "Abierto", "Último día que se quitó algo")


def add_orders(add: Callable[[str, str, Command], argparse.ArgumentParser]) -> None:
    """Add ``retention``, ``backup`` and ``restore`` to the command line."""
    add("retention", "cuánto se guarda cada cosa, qué ya cumplió y qué se quitó", _retention)
    saving = add("backup", "copia los datos, y las llaves aparte; quita las copias viejas", _backup)
    saving.add_argument("folder", type=Path, metavar="CARPETA")
    saving.add_argument("--keys", type=Path, metavar="CARPETA", help="dónde van las llaves (CARPETA/keys)")
    bringing = add("restore", "trae una copia a una base de datos vacía, con las llaves más nuevas", _restore)
    bringing.add_argument("folder", type=Path, metavar="CARPETA")
    bringing.add_argument("--keys", type=Path, metavar="CARPETA", help="dónde están las llaves (CARPETA/keys)")
    bringing.add_argument("--copy", metavar="NOMBRE", help="otra copia de los datos; sin esto, la más nueva")


async def due_now(settings: Settings, periods: Mapping[str, Period]) -> Mapping[str, Due]:
    """How each period stands; the copies' are the backup's own."""
    async with open_database(settings, may_migrate=False) as url:
        database = Database(url, connections=1)
        try:
            return await count_due(database, {key: one.after for key, one in periods.items()})
        finally:
            await database.close()


def table(periods: Mapping[str, Period], due: Mapping[str, Due]) -> str:
    """The periods as a small table, what they mean below it."""
    zone = load_hours().timezone
    rows = [_HEADINGS]
    for key, period in periods.items():
        one = due.get(key)
        waiting, held = ("", "") if one is None else (str(one.waiting), str(one.held) if key == "text" else "")
        day = one.last_day if one else None
        last = "lo hace backup" if one is None else f"{day.astimezone(zone):%Y-%m-%d}: {one.removed}" if day else "—"
        rows.append((period.name, _long(period), waiting, held, last))
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    told = [f"· {one.name}: {_told(one)}. {one.meaning} ({one.source})" for one in periods.values()]
    return "\n".join([*lines, "", *told])


def tell_of_lists(done: Restored, zone: tzinfo) -> None:
    """Say what each list of the erased knew; loudly, if one is missing or all of them end before the data does."""
    for place, found in done.lists.items():
        if found is None:
            print(f"ATENCIÓN: falta la lista de borrados {place}.")
        else:
            until = f"{found.until.astimezone(zone):%Y-%m-%d %H:%M:%S}" if found.until else "no se sabe cuándo"
            print(f"Lista de borrados {place}: {_people(len(found.people))}, hasta {until}.")
    known = done.erased_until
    last = done.data.at if known is None else max(done.data.at, known)
    if None in done.lists.values() or last == done.data.at:
        print(
            f"ATENCIÓN: quien se borró después de {last.astimezone(zone):%Y-%m-%d %H:%M:%S} ha vuelto. Busque otra "
            "erased.txt (VAR_DIR, las dos carpetas de copias, otra máquina), póngala en VAR_DIR y arranque el "
            "servicio: la borra de nuevo. Si no hay, pregunte al equipo quién pidió BORRAR y use valle-sano forget."
        )


def _long(period: Period) -> str:
    days = period.after.days
    return "hasta cerrar" if not days else "1 día" if days == 1 else f"{days} días"


def _told(period: Period) -> str:
    return f"{_long(period)} {period.since}" if period.after else period.since


def _people(count: int) -> str:
    return "1 persona" if count == 1 else f"{count} personas"


def _retention(settings: Settings, _: argparse.Namespace) -> int:
    periods = load_periods()
    print(table(periods, asyncio.run(due_now(settings, periods))))
    print("\nLas sesiones contadas quedan, de nadie. Lo que está abierto no se quita, cumpla o no el plazo.")
    return 0


def _backup(settings: Settings, given: argparse.Namespace) -> int:
    done = asyncio.run(back_up(settings, given.folder, keys_folder=given.keys))
    print(f"Datos: {done.data}\nLlaves: {done.keys}")
    print(f"{_people(done.people)}, {done.size / 1e6:.1f} MB, revisado. Sin las llaves, los datos no se leen.")
    print(f"Copias viejas quitadas: {done.old_data} de datos, {done.old_keys} de llaves.")
    return 0


def _restore(settings: Settings, given: argparse.Namespace) -> int:
    done = asyncio.run(restore(settings, given.folder, keys_folder=given.keys, copy=given.copy))
    zone = load_hours().timezone
    moments = [f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}" for one in (done.data, done.keys)]
    print(f"Restaurado: datos de {moments[0]}, llaves de {moments[1]}; {_people(done.data.people)}.")
    print(f"Borradas de nuevo: {done.erased}.")
    tell_of_lists(done, zone)
    print(f"Auditoría: {done.audited} filas revisadas, {len(done.findings)} problemas.")
    for path in done.lost_heads:
        print(f"  se perdió lo que se anotó después de la copia; la cabeza de ese día quedó en {path}")
    print("Lo que llegó después de la copia: el barrido trae de Twilio lo que Twilio todavía tenga.")
    print("Revise el equipo (valle-sano staff list): quien se retiró después de la copia vuelve a estar.")
    return 1 if done.findings else 0
