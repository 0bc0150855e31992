"""The operator's commands about the staff and the audit trail, and the demonstration's staff."""

from __future__ import annotations

import argparse
import asyncio
import base64
import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.__main__ import _parser
from bot.demo_staff import open_demo_staff
from bot.errors import BotError, NotThere
from bot.passwords import Passwords
from bot.personnel import add_staff, end_staff, list_staff, reset_staff, verify_audit
from bot.settings import Settings, read_settings
from bot.staff import Role
from storage.audit_chain import chain, keep_head
from storage.database import Database
from storage.keys import KeyRing
from storage.office import open_office
from tests.doubles.process import AUDIT_KEY, INDEX_KEY, WRAPPING_KEY


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return read_settings(
        demo=True,
        database_url=database_url,
        var_dir=tmp_path,
        secret_keys=WRAPPING_KEY,
        index_key=INDEX_KEY,
        audit_key=AUDIT_KEY,
    )


def _run(settings: Settings, *words: str) -> int:
    given: argparse.Namespace = _parser().parse_args(words)
    code: int = given.command(settings, given)
    return code


def test_somebody_new_is_added_listed_reset_and_ended(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        _run(settings, "staff", "add", "--alias", "Ana", "--login", "ana", "--role", "psicologa", "--zone", "Norte")
        == 0
    )
    first = re.search(r"Clave para Ana: (\S+)", capsys.readouterr().out)
    assert _run(settings, "staff", "list") == 0
    assert capsys.readouterr().out == "Ana\tpsicologa\tNorte\tfalta que se inscriba\n"
    assert _run(settings, "staff", "reset", "Ana") == 0
    second = re.search(r"Clave para Ana: (\S+)", capsys.readouterr().out)
    assert first is not None
    assert second is not None
    assert first[1] != second[1]
    assert _run(settings, "staff", "end", "Ana") == 0
    assert _run(settings, "staff") == 0
    assert "Ana\tpsicologa\tNorte\tretirada" in capsys.readouterr().out


def test_who_is_not_there_or_has_no_zone_is_told(settings: Settings) -> None:
    with pytest.raises(NotThere, match="Eva"):
        asyncio.run(reset_staff(settings, "Eva"))
    with pytest.raises(NotThere, match="Eva"):
        asyncio.run(end_staff(settings, "Eva"))
    with pytest.raises(BotError, match="--zone"):
        asyncio.run(add_staff(settings, alias="Eva", login="eva", role=Role.PSYCHOLOGIST, zones=()))


async def test_what_the_command_did_stands_in_the_trail_and_a_changed_line_is_found(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await add_staff(settings, alias="Ana", login="ana", role=Role.AUDITOR, zones=())
    database = Database(settings.database_url.get_secret_value())
    key = base64.b64decode(AUDIT_KEY)
    head = await chain(database, key)
    assert head is not None
    verdict = await verify_audit(settings)
    assert (verdict.rows, verdict.heads, list(verdict.findings)) == (1, 0, [])
    keep_head(settings.audit_folder, head, date(2026, 11, 22))
    assert (await verify_audit(settings)).heads == 1
    async with database.transaction() as tx:
        await tx.execute(text("GRANT UPDATE ON public.audit TO CURRENT_USER"))
        await tx.execute(text("ALTER TABLE public.audit DISABLE TRIGGER ALL"))
        await tx.execute(text("UPDATE audit SET detail = 'administrator'"))
    await database.close()
    assert len((await verify_audit(settings)).findings) == 1


def test_the_command_says_in_spanish_what_is_wrong_and_what_cannot_be_seen(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(settings, "audit", "verify") == 0
    said = capsys.readouterr().out
    assert "Filas revisadas: 0" in said
    assert "antes de que se encadene" in said
    assert "Sin cabezas guardadas" in said


async def test_the_demonstrations_staff_is_there_at_once_and_the_same_at_the_next_start(settings: Settings) -> None:
    database = Database(settings.database_url.get_secret_value())
    ring = KeyRing(settings.wrapping_keys, settings.blind_index_key)
    office = open_office(database, ring, settings.audit_signing_key)
    password = await open_demo_staff(office, settings)
    assert await open_demo_staff(office, settings) == password
    members = await list_staff(settings)
    assert sorted(one.role for one in members) == [
        "administrator", "auditor", "coordinator", "psychologist", "psychologist",
    ]  # fmt: skip
    assert all(one.is_demo and "(demo)" in one.alias for one in members)
    assert len(await office.plan.shifts()) == 1
    for login in ("psicologa", "coordinadora", "auditora", "administradora"):
        credentials = await office.room.credentials(login=login)
        assert credentials is not None
        assert await Passwords().is_right(password, credentials.password_hash)
    assert (settings.var_dir / "demo-staff-password.txt").stat().st_mode & 0o077 == 0
    await database.close()
