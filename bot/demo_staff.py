"""The demonstration's staff: they sign in at once with a printed password, and nowhere but in a demonstration."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from bot.passwords import Passwords, told_password
from bot.progress import say
from bot.settings import Settings
from bot.staff import Role
from bot.territory import department
from storage.office import Office

_FILE = "demo-staff-password.txt"
#: Login, alias and role; two psychologists, so that one can hand over to the other.
_STAFF = (
    ("psicologa", "Ana (demo)", Role.PSYCHOLOGIST),
    ("psicologa2", "Beatriz (demo)", Role.PSYCHOLOGIST),
    ("coordinadora", "Carmen (demo)", Role.COORDINATOR),
    ("auditora", "Delia (demo)", Role.AUDITOR),
    ("administradora", "Elsa (demo)", Role.ADMINISTRATOR),
)
_ON_DUTY = timedelta(days=30)


async def say_demo_staff(office: Office, settings: Settings) -> None:
    """Have the demonstration's staff, the first of them on duty, and print how they sign in."""
    password = await open_demo_staff(office, settings)
    say(f"  Para entrar (solo demostración): {', '.join(login for login, _, _ in _STAFF)}")
    say(f"  Clave de todas: {password}")


async def open_demo_staff(office: Office, settings: Settings) -> str:
    """Have the demonstration's staff in the database; the password of all of them."""
    password, passwords = _kept(settings.var_dir / _FILE), Passwords()
    zones = department().zones
    for login, alias, role in _STAFF:
        known = await office.room.credentials(login=login)
        if known is None:
            hashed = await passwords.hash(password)
            await office.room.add(
                by=None, alias=alias, login=login, role=role, zones=zones, password_hash=hashed, is_demo=True
            )
        elif known.member.is_demo and not await passwords.is_right(password, known.password_hash):
            await office.room.choose_password(known.member.id, await passwords.hash(password))
    await _put_on_duty(office)
    return password


async def _put_on_duty(office: Office) -> None:
    login, _, _ = _STAFF[0]
    first = await office.room.credentials(login=login)
    if first is None or not first.member.is_demo:
        return
    tomorrow = first.now + timedelta(days=1)
    if any(shift.staff_id == first.member.id for shift in await office.plan.shifts(since=tomorrow)):
        return
    await office.plan.add(
        by=None,
        staff_id=first.member.id,
        zone=None,
        starts_at=first.now,
        ends_at=first.now + _ON_DUTY,
        on_call=True,
    )


def _kept(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(told_password())
    return path.read_text(encoding="ascii").strip()
