"""The auditor's page, and that what is done stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import text

from bot.content import read_yaml
from bot.staff import Role
from storage.audit_chain import chain, verify
from tests.console.house import AUDIT_KEY, House


async def test_the_auditor_sees_who_did_what_and_that_she_looked(console: House) -> None:
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await carmen.get("/consola/equipo")
    await carmen.post(f"/consola/equipo/{member.id}/retirar", {"sure": "yes"})
    await console.browser().enter("carmen", "mala")
    await chain(console.database, AUDIT_KEY)
    delia = await console.signed_in("delia", Role.AUDITOR, frozenset())
    await delia.get("/consola/auditoria")
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", delia.page))
    assert "Carmen Retiró a una persona persona del equipo Ana" in page
    assert "— Intento de entrar que no sirvió persona del equipo Carmen" in page
    assert "Delia Leyó la auditoría" in page
    assert "por encadenar" in page
    assert "n.º 1" in page
    rows, findings = await verify(console.database, AUDIT_KEY)
    assert rows > 8
    assert findings == []


async def test_a_line_that_is_not_as_it_was_written_says_so_on_the_page(console: House) -> None:
    delia = await console.signed_in("delia", Role.AUDITOR, frozenset())
    async with console.database.transaction() as tx:
        await tx.execute(text("GRANT UPDATE ON public.audit TO CURRENT_USER"))
        await tx.execute(text("ALTER TABLE public.audit DISABLE TRIGGER ALL"))
        await tx.execute(text("UPDATE audit SET detail = 'auditor' WHERE act = 'sign_in' AND detail = 'open'"))
    await delia.get("/consola/auditoria")
    assert delia.page.count("No es como se escribió") == 1


def test_everything_that_happened_has_a_name_in_spanish(project: Path) -> None:
    words = read_yaml(project / "channels/console/words.yml")["act"]
    written = set()
    for folder in ("storage", "channels/console"):
        for path in (project / folder).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            for line in re.findall(r"^.*(?:act=|act = |_record\(|_change\().*$", source, re.MULTILINE):
                written |= set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)?)"', line))
    acts = {one for one in written if "." in one or one in {"sign_in", "lock", "unlock", "sign_out"}}
    assert {"staff.add", "staff.reset_confirm", "shift.add", "audit.read", "lock"} <= acts
    assert acts <= set(words)
