"""What was kept long enough is gone, to the hour; what is open stays; and the counts do not change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ContentError
from bot.keeping import table
from bot.messages import Address
from bot.retention import FILE, keep_periods, load_periods
from storage.audit import Act, Trail
from storage.audit_chain import chain, verify
from storage.ids import new_id
from storage.reports import count_sessions
from storage.retention import count_due
from storage.sessions import close_quiet
from tests.doubles.database import move_clock, read_clock
from tests.doubles.rig import Rig, rigged

KEY = b"a" * 32
PERIODS = load_periods()
TEXT = PERIODS["text"].after
_LEGIBLE = (
    "SELECT EXISTS (SELECT 1 FROM keys.owner_keys k JOIN people p ON p.id = k.owner_id) AS key,"
    " EXISTS (SELECT 1 FROM inbox WHERE body_sealed IS NOT NULL"
    " UNION ALL SELECT 1 FROM outbox WHERE body_sealed IS NOT NULL) AS words"
)


@pytest.fixture
async def rig(database_url: str) -> AsyncIterator[Rig]:
    async with rigged(database_url) as made:
        yield made


async def _tick(rig: Rig) -> dict[str, int]:
    await close_quiet(rig.database)
    return dict(await keep_periods(rig.database, Trail(rig.database, KEY), PERIODS))


async def _is_legible(rig: Rig) -> bool:
    row = (await rig.rows(_LEGIBLE))[0]
    assert row.key == row.words
    return bool(row.key)


async def _hand_over(rig: Rig) -> None:
    await rig.rows(
        "INSERT INTO handovers (id, conversation_id, reason, alert, stage, lease, raised, struck, requested_at, since)"
        " SELECT :id, id, 'asked', 0, 'queued', 0, 0, '{}', now(), now() FROM conversations",
        id=new_id(),
    )


async def test_her_words_are_there_until_ninety_days_after_the_last_contact_and_not_an_hour_longer(rig: Rig) -> None:
    await rig.write("mi esposo me pegó anoche, vivo en buga")
    await move_clock(rig.database, TEXT - timedelta(hours=1))
    await _tick(rig)
    assert await _is_legible(rig)
    await move_clock(rig.database, timedelta(hours=1, minutes=1))
    assert (await _tick(rig))["text"] == 1
    assert not await _is_legible(rig)
    rows = await rig.rows("SELECT phone_index, phone_sealed FROM people")
    assert [tuple(row) for row in rows] == [(None, None)]


async def test_what_is_counted_stays_as_it_was_and_is_of_nobody(rig: Rig) -> None:
    await rig.write("mi esposo me pegó anoche, vivo en buga")
    await rig.write("1")
    await rig.rows("UPDATE sessions SET traits = '{pregnant=yes}'")
    await rig.rows("UPDATE handovers SET closed_at = now()")  # a person was asked for, and has attended her
    await close_quiet(rig.database)
    today = (await read_clock(rig.database)).date()
    first, last = date(today.year - 1, 1, 1), date(today.year + 1, 12, 31)
    before = [
        await count_sessions(rig.database, by=by, first=first, last=last) for by in ("municipality", "zone", "month")
    ]
    await move_clock(rig.database, TEXT + timedelta(days=1))
    assert (await _tick(rig))["text"] == 1
    after = [
        await count_sessions(rig.database, by=by, first=first, last=last) for by in ("municipality", "zone", "month")
    ]
    assert before == after
    assert before[0][0].sessions == 1
    rows = await rig.rows("SELECT conversation_id, traits FROM sessions")
    assert [tuple(row) for row in rows] == [(None, ["pregnant=yes"])]
    assert list(await rig.rows("SELECT 1 FROM sessions s JOIN people p USING (pseudonym)")) == []


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        (
            ("INSERT INTO handovers (id, conversation_id, reason, alert, stage, lease, raised, struck, requested_at,"
            " since) SELECT :id, id, 'asked', 0, 'queued', 0, 0, '{}', now(), now() FROM conversations"),
            "UPDATE handovers SET closed_at = now() - interval '91 days'",
        ),
        (
            ("UPDATE people SET forget_at = now() + interval '200 days', created_at = created_at"
            " WHERE CAST(:id AS uuid) IS NOT NULL"),
            "UPDATE people SET forget_at = NULL",
        ),
        (
            ("INSERT INTO contacts (id, person_id, conversation_id, sealed, confirmed, agreed_at, expires_at)"
            " SELECT :id, person_id, id, 'x', true, now(), now() + interval '200 days' FROM conversations"),
            "UPDATE contacts SET expires_at = now()",
        ),
        (
            ("INSERT INTO inbox (id, conversation_id, seq, source, external_id, kind, attempts, received_at)"
            " SELECT :id, id, 99, 'twilio', 'SMx', 'person', 0, now() FROM conversations"),
            "UPDATE inbox SET turn_id = id WHERE turn_id IS NULL",
        ),
        ("UPDATE sessions SET last_at = now() + interval '1 year' WHERE CAST(:id AS uuid) IS NOT NULL",
         "UPDATE sessions SET closed_at = now()"),
    ],
    ids=["somebody waits or is attended", "BORRAR waits", "she agreed to be contacted", "unanswered", "under way"],
)  # fmt: skip
async def test_what_is_open_stays_whatever_its_age_and_goes_when_it_has_ended(
    rig: Rig, opened: str, closed: str
) -> None:
    await rig.write("buenas")
    await rig.rows(opened, id=new_id())
    await move_clock(rig.database, TEXT + timedelta(days=3))
    assert (await _tick(rig))["text"] == 0
    assert await _is_legible(rig)
    due = await count_due(rig.database, {key: one.after for key, one in PERIODS.items()})
    assert (due["text"].waiting, due["text"].held) == (0, 1)
    await rig.rows(closed)
    assert (await _tick(rig))["text"] == 1
    assert not await _is_legible(rig)


async def test_an_appointment_to_come_keeps_her_until_its_day_has_passed(rig: Rig) -> None:
    await rig.write("buenas")
    await _hand_over(rig)
    await rig.rows("UPDATE handovers SET closed_at = now()")
    await rig.rows(
        "INSERT INTO closings (id, handover_id, conversation_id, staff_id, outcome, psychiatry_on, at)"
        " SELECT :id, id, conversation_id, :id, 'attended', (now() + interval '100 days')::date, now() FROM handovers",
        id=new_id(),
    )
    await move_clock(rig.database, TEXT + timedelta(days=3))
    assert (await _tick(rig))["text"] == 0
    await move_clock(rig.database, timedelta(days=9))
    assert (await _tick(rig))["text"] == 1


async def test_who_comes_back_in_that_moment_is_answered(rig: Rig) -> None:
    await rig.write("buenas")
    await move_clock(rig.database, TEXT + timedelta(days=1))
    await close_quiet(rig.database)
    assert await rig.intake.accept(rig.message("me esta tumbando la puerta"))
    assert (await _tick(rig))["text"] == 0
    await rig.settle()
    assert "123" in rig.channel.texts[-1]


async def test_her_files_go_when_her_attendance_has_ended_and_no_sooner(rig: Rig) -> None:
    await rig.write("buenas")
    await rig.rows(
        "INSERT INTO media (id, conversation_id, inbox_id, content_type, bytes_sealed, status, attempts, next_try_at)"
        " SELECT id, conversation_id, id, 'audio/ogg', 'x', 'kept', 1, now() FROM inbox LIMIT 1"
    )
    assert (await _tick(rig))["media"] == 0
    await _hand_over(rig)
    await move_clock(rig.database, timedelta(days=2))
    assert (await _tick(rig))["media"] == 0
    await rig.rows("UPDATE handovers SET closed_at = now()")
    assert (await _tick(rig))["media"] == 1
    rows = await rig.rows("SELECT bytes_sealed, url_sealed, status FROM media")
    assert [tuple(row) for row in rows] == [(None, None, "removed")]
    assert await _is_legible(rig)


async def test_empty_rows_of_somebody_who_is_gone_go_after_their_time_and_the_husks_stay(rig: Rig) -> None:
    await rig.write("buenas")
    await move_clock(rig.database, TEXT + timedelta(days=1))
    assert (await _tick(rig))["text"] == 1
    await move_clock(rig.database, PERIODS["remains"].after - timedelta(hours=1))
    assert (await _tick(rig))["remains"] == 0
    await move_clock(rig.database, timedelta(hours=2))
    assert (await _tick(rig))["remains"] == 2
    rows = await rig.rows("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM outbox) AS left")
    assert rows[0].left == 0


async def test_a_backlog_goes_in_portions_and_two_replicas_share_it(
    rig: Rig, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.retention.PEOPLE_AT_ONCE", 3)
    for number in range(8):
        await rig.write("buenas", by=Address(channel="whatsapp", value=f"+5730000000{number}"))
    await move_clock(rig.database, TEXT + timedelta(days=1))
    async with rigged(database_url) as other:
        gone = [(await _tick(one))["text"] for one in (rig, other, rig, other)]
    assert gone == [3, 3, 2, 0]


async def test_the_trail_notes_how_much_went_and_verifies_though_its_oldest_part_is_gone(rig: Rig) -> None:
    trail = Trail(rig.database, KEY)
    await rig.write("buenas")
    await move_clock(rig.database, TEXT + timedelta(days=1))
    await _tick(rig)
    rows = await rig.rows("SELECT act, detail, subject_id FROM audit")
    assert [tuple(row) for row in rows] == [("retention.text", "1", None)]
    await chain(rig.database, KEY)
    await move_clock(rig.database, PERIODS["audit"].after)
    await trail.note(Act(act="queue.read"))
    await chain(rig.database, KEY)
    await trail.note(Act(act="queue.read"))
    head = await chain(rig.database, KEY)
    assert head is not None
    assert (await _tick(rig))["audit"] == 1
    assert await chain(rig.database, KEY) is not None
    looked_at, findings = await verify(rig.database, KEY, [head])
    assert findings == []
    assert looked_at >= 3


_WRITE = "UPDATE conversations SET heard_at = now() WHERE person_id = :person"
_SAY = (
    "INSERT INTO outbox (id, conversation_id, seq, turn_id, body_sealed, author, parting, status, attempts,"
    " failure_noted, created_at, next_try_at, expires_at, sent_at) SELECT :id, id, 1000 + :place, :id, 'x', 'bot',"
    " false, 'sent', 1, false, now(), now(), now(), now() FROM conversations WHERE person_id = :person"
)
_OPEN = (
    "INSERT INTO handovers (id, conversation_id, reason, alert, stage, lease, raised, struck, requested_at, since)"
    " SELECT :id, id, 'asked', 0, 'queued', 0, 0, '{}', now(), now() FROM conversations WHERE person_id = :person"
)
_CLOSE = (
    "UPDATE handovers h SET closed_at = now() FROM conversations c"
    " WHERE c.id = h.conversation_id AND c.person_id = :person AND h.closed_at IS NULL"
)
_AGREE = (
    "INSERT INTO contacts (id, person_id, conversation_id, confirmed, agreed_at, expires_at)"
    " SELECT :id, person_id, id, true, now(), now() + interval '15 days' FROM conversations WHERE person_id = :person"
)
_HAS_KEY = "SELECT EXISTS (SELECT 1 FROM keys.owner_keys WHERE owner_id = :person) AS is_there"
_NUMBERS = count(3_100_000_000)


@settings(max_examples=40)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["write", "say", "open", "close", "agree", "wait"]), st.integers(0, 100 * 24)),
        min_size=3,
        max_size=14,
    )
)
async def test_her_key_is_gone_exactly_when_her_time_is_over_and_nothing_is_open(
    rig: Rig, steps: list[tuple[str, int]]
) -> None:
    by = Address(channel="whatsapp", value=f"+57{next(_NUMBERS)}")
    await rig.write("buenas", by=by)
    person = (await rig.rows("SELECT id FROM people ORDER BY id DESC LIMIT 1"))[0].id
    last, is_open, agreed_until = await read_clock(rig.database), False, None
    for place, (what, hours) in enumerate([*steps, ("close", 0), ("wait", 100 * 24)]):
        await move_clock(rig.database, timedelta(hours=hours))
        # It is due before this step if it is: what happens to nobody is nothing.
        await _tick(rig)
        now = await read_clock(rig.database)
        is_due = not is_open and now - last >= TEXT and (agreed_until is None or agreed_until <= now)
        assert (await rig.rows(_HAS_KEY, person=person))[0].is_there is not is_due
        if is_due:
            return
        change = {"write": _WRITE, "say": _SAY, "open": _OPEN, "close": _CLOSE, "agree": _AGREE}.get(what)
        if change is None or (what == "open" and is_open) or (what == "agree" and agreed_until is not None):
            continue
        given_ids = {"person": person, "id": new_id(), "place": place}
        await rig.rows(change, **{name: one for name, one in given_ids.items() if f":{name}" in change})
        agreed_until = now + timedelta(days=15) if what == "agree" else agreed_until
        last = now if what in ("write", "say") or (what == "close" and is_open) else last
        is_open = (is_open or what == "open") and what != "close"
    raise AssertionError("her time never came")


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            "days: 7\n    since: desde que se hizo la copia",
            "days: 8\n    since: desde que se hizo la copia",
            "siete días",
        ),
        (
            "days: 1827\n    since: desde cada acto",
            "days: 1000\n    since: desde cada acto",
            "menos de cinco años",
        ),
        (
            "days: 1827\n    since: desde que se retiró",
            "days: 1000\n    since: desde que se retiró",
            "la auditoría los nombra",
        ),
        ("days: 90", "days: pronto", "número entero"),
        ("    source: Promesa de borrado del servicio, siete días\n", "", "falta «source»"),
    ],
)
def test_a_period_that_breaks_a_promise_is_refused_with_its_line(
    tmp_path: Path, was: str, becomes: str, said: str
) -> None:
    words = FILE.read_text(encoding="utf-8")
    assert was in words
    (changed := tmp_path / "retention.yml").write_text(words.replace(was, becomes), encoding="utf-8")
    with pytest.raises(ContentError, match=said) as refused:
        load_periods(changed)
    assert refused.value.line > 1


async def test_the_operator_sees_what_is_kept_what_is_due_and_what_went(rig: Rig) -> None:
    await rig.write("buenas")
    await move_clock(rig.database, TEXT + timedelta(days=1))
    await close_quiet(rig.database)
    after = {key: one.after for key, one in PERIODS.items()}
    first = table(PERIODS, await count_due(rig.database, after)).splitlines()[2]
    assert first.split("  ")[0] == "Lo que ella escribió y se le dijo"
    assert first.split()[-5:] == ["90", "días", "1", "0", "—"]
    await _tick(rig)
    assert table(PERIODS, await count_due(rig.database, after)).splitlines()[2].endswith(": 1")
