"""The operator's commands about the staff and the audit trail: ``valle-sano staff …``, ``valle-sano audit verify``."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError, NotThere
from bot.passwords import Passwords, told_password
from bot.serve import open_database, ready_to_run
from bot.settings import Settings
from bot.staff import Member, Role
from bot.territory import department
from storage.audit_chain import WINDOW, Finding, Wrong, read_heads, verify
from storage.database import Database
from storage.keys import KeyRing
from storage.office import Office, open_office

Command = Callable[[Settings, argparse.Namespace], int]
AddOrder = Callable[[str, str, Command], argparse.ArgumentParser]

_ROLES = {
    "psicologa": Role.PSYCHOLOGIST,
    "coordinadora": Role.COORDINATOR,
    "auditora": Role.AUDITOR,
    "administradora": Role.ADMINISTRATOR,
}
_NAMES = {role: name for name, role in _ROLES.items()}
_IN_ZONES = frozenset({Role.PSYCHOLOGIST, Role.COORDINATOR})
_WRONG = {
    Wrong.CHANGED: "cambiada después de escrita",
    Wrong.REMOVED: "quitada",
    Wrong.INSERTED: "no la escribió el servicio",
    Wrong.UNLINKED: "sin eslabón: se quitó de la cadena, o el servicio lleva rato sin encadenar",
    Wrong.BROKEN: "el eslabón no corresponde al anterior",
    Wrong.CUT_OFF: "la cadena es más corta que una cabeza guardada: se cortó el final",
    Wrong.REWRITTEN: "la cadena no es la de una cabeza guardada: se escribió de nuevo",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What ``audit verify`` found: how many rows it looked at, with how many kept heads, and what is wrong."""

    rows: int
    heads: int
    findings: Sequence[Finding]


def add_orders(add: AddOrder) -> None:
    """Add ``staff`` and ``audit`` to the command line."""
    staff = add("staff", "quién atiende: sumar, restablecer, retirar, ver", _list).add_subparsers(metavar="QUÉ")
    adding = _order(staff, "add", "suma a una persona; muestra una clave para decírsela", _add)
    adding.add_argument("--alias", required=True, help="el que verán las personas; no su nombre completo")
    adding.add_argument("--login", required=True, help="con el que entra")
    adding.add_argument("--role", required=True, choices=sorted(_ROLES))
    adding.add_argument("--zone", action="append", default=[], choices=department().zones, dest="zones")
    for name, text, command in (
        ("reset", "clave y teléfono nuevos; muestra la clave para decírsela", _reset),
        ("end", "ya no trabaja aquí: sale de todas partes y se destruye su llave", _end),
    ):
        _order(staff, name, text, command).add_argument("alias")
    _order(staff, "list", "quiénes son", _list)
    audit = add("audit", "la auditoría: revisar la cadena", _verify).add_subparsers(metavar="QUÉ")
    verifying = _order(audit, "verify", "busca filas cambiadas, quitadas o metidas", _verify)
    verifying.add_argument("--heads", type=Path, metavar="CARPETA", help="cabezas guardadas en otra parte")


async def add_staff(settings: Settings, *, alias: str, login: str, role: Role, zones: Collection[str]) -> str:
    """Somebody new; the password to tell her. Raises ``AlreadyThere``, or ``BotError`` for a role without zones."""
    if not zones and role in _IN_ZONES:
        raise BotError("Diga al menos una zona: --zone Norte")
    password = told_password()
    async with _office(settings) as office:
        hashed = await Passwords().hash(password)
        await office.room.add(by=None, alias=alias, login=login, role=role, zones=zones, password_hash=hashed)
    return password


async def reset_staff(settings: Settings, alias: str) -> str:
    """A new password to tell her; her phone and her sign-ins are worth nothing. Raises ``NotThere``."""
    password = told_password()
    async with _office(settings) as office:
        member = await _named(office, alias)
        await office.resets.at_once(by=None, staff_id=member.id, password_hash=await Passwords().hash(password))
    return password


async def end_staff(settings: Settings, alias: str) -> None:
    """She works here no more. Raises ``NotThere``."""
    async with _office(settings) as office:
        await office.room.end(by=None, staff_id=(await _named(office, alias)).id)


async def list_staff(settings: Settings) -> Sequence[Member]:
    """Everybody, those who have left last."""
    async with _office(settings) as office:
        return await office.room.members()


async def verify_audit(settings: Settings, heads: Path | None = None) -> Verdict:
    """Check the whole chain, against the heads in a folder (by default the service's own)."""
    settings = ready_to_run(settings)
    kept = read_heads(heads or settings.audit_folder)
    async with open_database(settings, may_migrate=False) as url:
        database = Database(url, connections=1)
        try:
            rows, findings = await verify(database, settings.audit_signing_key, kept)
        finally:
            await database.close()
    return Verdict(rows=rows, heads=len(kept), findings=findings)


def _add(settings: Settings, given: argparse.Namespace) -> int:
    made = add_staff(settings, alias=given.alias, login=given.login, role=_ROLES[given.role], zones=given.zones)
    _tell(given.alias, asyncio.run(made))
    return 0


def _reset(settings: Settings, given: argparse.Namespace) -> int:
    _tell(given.alias, asyncio.run(reset_staff(settings, given.alias)))
    return 0


def _end(settings: Settings, given: argparse.Namespace) -> int:
    asyncio.run(end_staff(settings, given.alias))
    print(f"{given.alias} ya no trabaja aquí: salió de todas partes y su llave fue destruida.")
    return 0


def _list(settings: Settings, _: argparse.Namespace) -> int:
    for one in asyncio.run(list_staff(settings)):
        state = "retirada" if one.ended_at else "falta que se inscriba" if one.must_enrol else "activa"
        print(f"{one.alias}\t{_NAMES[one.role]}\t{', '.join(sorted(one.zones)) or 'todo el departamento'}\t{state}")
    return 0


def _verify(settings: Settings, given: argparse.Namespace) -> int:
    verdict = asyncio.run(verify_audit(settings, getattr(given, "heads", None)))
    for finding in verdict.findings:
        place = f"n.º {finding.seq}" if finding.seq is not None else "sin número"
        row = f", fila {finding.audit_id}" if finding.audit_id else ""
        print(f"{place}{row}: {_WRONG[finding.wrong]}")
    seconds = int(WINDOW.total_seconds())
    print(f"Filas revisadas: {verdict.rows}. Cabezas guardadas: {verdict.heads}. Problemas: {len(verdict.findings)}.")
    print(
        "Lo que no se puede ver: una fila quitada antes de que se encadene (unos diez segundos). "
        f"Una fila sin eslabón se dice a los {seconds} segundos."
    )
    if not verdict.heads:
        print("Sin cabezas guardadas no se ve un corte del final: guárdelas cada día en otra parte.")
    return 1 if verdict.findings else 0


def _tell(alias: str, password: str) -> None:
    print(f"Clave para {alias}: {password}")
    print("Dígasela por voz. Sirve por 48 horas, para que elija la suya en /consola; no se muestra de nuevo.")


async def _named(office: Office, alias: str) -> Member:
    for one in await office.room.members():
        if one.alias == alias and one.ended_at is None:
            return one
    raise NotThere(f"No trabaja aquí nadie con el alias {alias}")


@asynccontextmanager
async def _office(settings: Settings) -> AsyncIterator[Office]:
    settings = ready_to_run(settings)
    async with open_database(settings) as url:
        database = Database(url, connections=1)
        try:
            yield open_office(
                database, KeyRing(settings.wrapping_keys, settings.blind_index_key), settings.audit_signing_key
            )
        finally:
            await database.close()


def _order(
    orders: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, command: Command
) -> argparse.ArgumentParser:
    found = orders.add_parser(name, help=text, description=text)
    found.set_defaults(command=command)
    return found
