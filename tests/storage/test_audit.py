"""The audit trail only grows; whoever gets round that is found out."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from asyncpg import PostgresError
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.errors import BotError
from storage.audit import Act, Trail
from storage.audit_chain import WINDOW, Finding, Head, Wrong, chain, keep_head, read_heads, verify
from storage.database import Database
from tests.doubles.database import move_clock

KEY = b"a" * 32


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database whose trail holds six acts, all linked."""
    opened = Database(database_url)
    await _act(opened, 6)
    await chain(opened, KEY)
    yield opened
    await opened.close()


async def _act(database: Database, times: int) -> None:
    trail = Trail(database, KEY)
    for number in range(times):
        await trail.note(Act(act="staff.read", staff_id=uuid4(), subject_kind="staff", detail=str(number)))


async def _tamper(database: Database, *statements: str, **ids: UUID) -> None:
    """What somebody does who has the database's own account, and takes the guards away."""
    async with database.transaction() as tx:
        for table in ("audit", "audit_chain"):
            await tx.execute(text(f"GRANT UPDATE, DELETE, TRUNCATE ON public.{table} TO CURRENT_USER"))
            await tx.execute(text(f"ALTER TABLE public.{table} DISABLE TRIGGER ALL"))
        for statement in statements:
            await tx.execute(text(statement), {name: one for name, one in ids.items() if f":{name}" in statement})


async def _wrong(database: Database, *heads: Head) -> list[Finding]:
    return list((await verify(database, KEY, heads))[1])


async def _row(database: Database, seq: int) -> UUID:
    rows = await database.run(text("SELECT audit_id FROM audit_chain WHERE seq = :seq"), {"seq": seq})
    found: UUID = rows[0].audit_id
    return found


async def test_a_trail_that_nobody_touched_is_whole(database: Database) -> None:
    assert await verify(database, KEY) == (6, [])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET detail = 'otra'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_chain SET mac = ''",
        "DELETE FROM audit_chain",
        "TRUNCATE audit_chain",
    ],
)
async def test_the_service_itself_cannot_change_what_is_written(database: Database, change: str) -> None:
    with pytest.raises(PostgresError, match="permission denied"):
        await database.run(text(change))
    async with database.transaction() as tx:
        await tx.execute(text("GRANT UPDATE, DELETE, TRUNCATE ON public.audit, public.audit_chain TO CURRENT_USER"))
    with pytest.raises(PostgresError, match="only grows"):
        await database.run(text(change))
    assert await verify(database, KEY) == (6, [])


@pytest.mark.parametrize(
    "change",
    [
        "act = 'otra'",
        "detail = NULL",
        "staff_id = NULL",
        "subject_id = gen_random_uuid()",
        "subject_kind = 'otra'",
        "at = at + interval '1 microsecond'",
        "mac = decode(repeat('00', 32), 'hex')",
    ],
)
async def test_a_changed_row_is_found(database: Database, change: str) -> None:
    changed = await _row(database, 3)
    await _tamper(database, f"UPDATE audit SET {change} WHERE id = :changed", changed=changed)  # noqa: S608 - written above
    assert await _wrong(database) == [Finding(wrong=Wrong.CHANGED, audit_id=changed, seq=3)]


async def test_two_rows_that_changed_places_are_found(database: Database) -> None:
    one, other = await _row(database, 2), await _row(database, 4)
    await _tamper(
        database,
        "UPDATE audit_chain SET audit_id = gen_random_uuid() WHERE seq = 2",
        "UPDATE audit_chain SET audit_id = :one WHERE seq = 4",
        "UPDATE audit_chain SET audit_id = :other WHERE seq = 2",
        one=one,
        other=other,
    )
    assert {(f.wrong, f.seq) for f in await _wrong(database)} == {(Wrong.BROKEN, 2), (Wrong.BROKEN, 4)}


async def test_a_removed_row_is_found(database: Database) -> None:
    removed = await _row(database, 3)
    await _tamper(database, "DELETE FROM audit WHERE id = :removed", removed=removed)
    assert await _wrong(database) == [Finding(wrong=Wrong.REMOVED, audit_id=removed, seq=3)]


async def test_a_row_removed_with_its_link_is_found(database: Database) -> None:
    removed = await _row(database, 3)
    await _tamper(
        database,
        "DELETE FROM audit WHERE id = :removed",
        "DELETE FROM audit_chain WHERE audit_id = :removed",
        removed=removed,
    )
    assert [(f.wrong, f.seq) for f in await _wrong(database)] == [(Wrong.REMOVED, 3), (Wrong.BROKEN, 4)]


async def test_a_row_removed_with_its_link_and_the_rest_renumbered_is_found(database: Database) -> None:
    removed = await _row(database, 3)
    await _tamper(
        database,
        "DELETE FROM audit WHERE id = :removed",
        "DELETE FROM audit_chain WHERE audit_id = :removed",
        "UPDATE audit_chain SET seq = -seq WHERE seq > 3",
        "UPDATE audit_chain SET seq = -seq - 1 WHERE seq < 0",
        removed=removed,
    )
    assert [(f.wrong, f.seq) for f in await _wrong(database)] == [(Wrong.BROKEN, seq) for seq in (3, 4, 5)]


@pytest.mark.parametrize("is_linked", [False, True])
async def test_a_row_that_the_service_did_not_write_is_found_before_and_after_it_is_linked(
    database: Database, is_linked: bool
) -> None:
    made_up = uuid4()
    await database.run(
        text("INSERT INTO audit (id, at, act, mac) VALUES (:id, now(), 'staff.read', :mac)"),
        {"id": made_up, "mac": hmac.digest(b"otra" * 8, b"x", hashlib.sha256)},
    )
    if is_linked:
        await chain(database, KEY)
    assert [(f.wrong, f.audit_id) for f in await _wrong(database)] == [
        (Wrong.CHANGED if is_linked else Wrong.INSERTED, made_up)
    ]


async def test_a_copied_row_under_another_id_is_found(database: Database) -> None:
    await database.run(
        text("INSERT INTO audit SELECT gen_random_uuid(), at, staff_id, act, subject_kind, subject_id, detail, mac"
             " FROM audit LIMIT 1")
    )  # fmt: skip
    assert [f.wrong for f in await _wrong(database)] == [Wrong.INSERTED]


async def test_a_cut_end_is_found_by_the_head_that_was_kept(database: Database, tmp_path: Path) -> None:
    head = await chain(database, KEY)
    assert head is not None
    keep_head(tmp_path, head, date(2026, 11, 22))
    await _tamper(
        database,
        "DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_chain WHERE seq > 4)",
        "DELETE FROM audit_chain WHERE seq > 4",
    )
    assert await _wrong(database) == []
    assert await _wrong(database, *read_heads(tmp_path)) == [Finding(wrong=Wrong.CUT_OFF, seq=6)]
    await _act(database, 3)
    await chain(database, KEY)
    assert [f.wrong for f in await _wrong(database, *read_heads(tmp_path))] == [Wrong.REWRITTEN]


async def test_a_chain_written_anew_by_somebody_who_has_the_key_is_found_by_the_head(database: Database) -> None:
    head = await chain(database, KEY)
    assert head is not None
    removed = await _row(database, 1)
    await _tamper(database, "DELETE FROM audit WHERE id = :removed", "DELETE FROM audit_chain", removed=removed)
    await _act(database, 1)
    await chain(database, KEY)
    assert await _wrong(database) == []
    assert [f.wrong for f in await _wrong(database, head)] == [Wrong.REWRITTEN]


async def test_an_emptied_trail_is_found(database: Database) -> None:
    head = await chain(database, KEY)
    assert head is not None
    await _tamper(database, "TRUNCATE audit, audit_chain")
    assert [f.wrong for f in await _wrong(database, head)] == [Wrong.CUT_OFF]


async def test_a_row_without_a_link_is_told_once_the_ticks_had_time(database: Database) -> None:
    await _act(database, 1)
    assert await verify(database, KEY) == (7, [])
    await move_clock(database, WINDOW + timedelta(seconds=1))
    assert [f.wrong for f in await _wrong(database)] == [Wrong.UNLINKED]
    await chain(database, KEY)
    assert await verify(database, KEY) == (7, [])


async def test_the_window_is_what_it_is_said_to_be_a_row_removed_before_its_link_leaves_no_trace(
    database: Database,
) -> None:
    await _act(database, 1)
    await _tamper(database, "DELETE FROM audit WHERE id NOT IN (SELECT audit_id FROM audit_chain)")
    assert await verify(database, KEY) == (6, [])


async def test_two_processes_that_link_at_once_make_one_chain(database: Database, database_url: str) -> None:
    other = Database(database_url)
    await _act(database, 20)
    await asyncio.gather(*(chain(one, KEY) for one in (database, other, database, other)))
    await other.close()
    assert await verify(database, KEY) == (26, [])


@settings(max_examples=25)
@given(
    name=st.sampled_from(["act", "subject_kind", "detail"]),
    seq=st.integers(1, 6),
    value=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
)
async def test_whatever_a_word_is_changed_into_it_is_found(database_url: str, name: str, seq: int, value: str) -> None:
    database = Database(database_url)
    try:
        if not await database.run(text("SELECT 1 FROM audit LIMIT 1")):
            await _act(database, 6)
            await chain(database, KEY)
        row = await _row(database, seq)
        await _tamper(database)
        kept = (await database.run(text(f"SELECT {name} AS word FROM audit WHERE id = :id"), {"id": row}))[0].word  # noqa: S608 - a column of ours
        change = text(f"UPDATE audit SET {name} = :value WHERE id = :id")  # noqa: S608 - the same
        await database.run(change, {"value": value, "id": row})
        expected = [] if value == kept else [Finding(wrong=Wrong.CHANGED, audit_id=row, seq=seq)]
        assert await _wrong(database) == expected
        await database.run(change, {"value": kept, "id": row})
        assert await _wrong(database) == []
    finally:
        await database.close()


def test_a_days_head_is_one_line_that_a_later_one_replaces(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    keep_head(folder, Head(seq=3, mac=b"\x01"), date(2026, 11, 22))
    keep_head(folder, Head(seq=5, mac=b"\x02"), date(2026, 11, 22))
    keep_head(folder, Head(seq=9, mac=b"\x03"), date(2026, 11, 23))
    assert read_heads(folder) == [Head(seq=5, mac=b"\x02"), Head(seq=9, mac=b"\x03")]
    assert sorted(path.name for path in folder.iterdir()) == ["2026-11-22.txt", "2026-11-23.txt"]


def test_a_file_that_is_no_head_is_named(tmp_path: Path) -> None:
    (tmp_path / "2026-11-22.txt").write_text("cualquier cosa", encoding="utf-8")
    with pytest.raises(BotError, match=r"2026-11-22\.txt"):
        read_heads(tmp_path)
