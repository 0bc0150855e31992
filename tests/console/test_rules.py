"""The pure rules: rights, sessions, waiting, passwords, codes, and who is on duty."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.codes import _totp as totp
from bot.codes import new_paper_codes, new_secret, paper_hash, right_step
from bot.errors import ContentError
from bot.passwords import Passwords, told_password
from bot.rights import Rights, Scope, load_rights
from bot.shifts import Shift, attends, on_duty
from bot.staff import (
    Guessed,
    Member,
    Role,
    SignIn,
    Stage,
    Standing,
    address_bucket,
    standing,
    wait_after,
    weak,
)
from bot.takeover import load_times
from bot.territory.directory import OpenHours, load_hours

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
CALI = ZoneInfo("America/Bogota")
HOURS = replace(load_hours(), open=(OpenHours(days=frozenset(range(1, 8)), opens=time(8), closes=time(20)),))
ZONES = ("Norte", "Centro", "Sur")

zones = st.frozensets(st.sampled_from(ZONES))
members = st.builds(
    Member, id=st.uuids(), alias=st.just("Ana"), role=st.sampled_from(Role), zones=zones,
    ended_at=st.none(),
)  # fmt: skip
minutes = st.integers(0, 3 * 24 * 60).map(lambda count: NOON + timedelta(minutes=count))


def member(role: Role = Role.PSYCHOLOGIST, *where: str) -> Member:
    return Member(id=uuid4(), alias="Ana", role=role, zones=frozenset(where))


def sign_in(**changed: object) -> SignIn:
    given_: dict[str, object] = {
        "id": uuid4(), "member": member(), "stage": Stage.OPEN, "created_at": NOON, "seen_at": NOON, **changed,
    }  # fmt: skip
    return SignIn(**given_)  # type: ignore[arg-type] # as the test says


@given(members, st.text(max_size=20), zones, st.booleans())
def test_a_right_that_stands_nowhere_allows_nobody_anything(
    who: Member, right: str, where: frozenset[str], owned: bool
) -> None:
    if right not in load_rights().names:
        assert not load_rights().allows(who, right, zones=where, owned=owned)


@given(members, zones)
def test_a_right_over_zones_never_reaches_beyond_hers(who: Member, where: frozenset[str]) -> None:
    rights = load_rights()
    for right in rights.names:
        if rights.scope(who.role, right) is Scope.ZONE and rights.allows(who, right, zones=where):
            assert where
            assert where <= who.zones


@given(members, st.sampled_from(Role), zones)
def test_nobody_makes_somebody_of_a_rank_that_she_does_not_manage(
    who: Member, role: Role, where: frozenset[str]
) -> None:
    rights = load_rights()
    if rights.may_manage(who, "staff.add", role=role, zones=where):
        assert role in rights.manages[who.role]
        assert who.role is Role.ADMINISTRATOR or where <= who.zones


def test_an_administrator_reads_no_conversation_and_an_auditor_changes_nothing() -> None:
    given_ = load_rights().given
    assert not any(right.startswith(("queue", "board", "conversation")) for right in given_[Role.ADMINISTRATOR])
    assert set(given_[Role.AUDITOR]) == {"account.own", "audit.read"}


@pytest.mark.parametrize(
    "table",
    [
        "reina:\n  rights: {audit.read: all}\n",
        "auditor:\n  rights: {audit.read: todo}\n",
        "auditor: {}\n",
        "auditor: []\n",
    ],
)
def test_a_role_or_a_reach_that_does_not_exist_stops_the_start(tmp_path: Path, table: str) -> None:
    path = tmp_path / "rights.yml"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(ContentError, match=r"rights\.yml"):
        load_rights(path)


def test_an_empty_table_gives_nobody_anything() -> None:
    assert Rights(given={}, manages={}).scope(Role.ADMINISTRATOR, "staff.add") is None


@given(st.timedeltas(timedelta(), timedelta(days=2)), st.timedeltas(timedelta(), timedelta(days=2)))
def test_a_sign_in_is_good_locked_or_over_by_the_two_clocks_alone(age: timedelta, idle: timedelta) -> None:
    now = NOON + age
    found = standing(sign_in(seen_at=now - min(idle, age)), now)
    times = load_times()
    is_locked = min(idle, age) >= times.idle
    expected = Standing.ENDED if age >= times.signed_in else Standing.LOCKED if is_locked else Standing.GOOD
    assert found is expected


def test_once_locked_it_stays_locked_and_once_ended_it_stays_ended() -> None:
    assert standing(sign_in(locked_at=NOON), NOON) is Standing.LOCKED
    assert standing(sign_in(ended_at=NOON, locked_at=NOON), NOON) is Standing.ENDED
    gone = Member(id=uuid4(), alias="Ana", role=Role.AUDITOR, zones=frozenset(), ended_at=NOON)
    assert standing(sign_in(member=gone), NOON) is Standing.ENDED


@given(st.integers(0, 10_000), st.sampled_from(Guessed))
def test_more_guesses_never_wait_less_and_never_longer_than_the_most(failures: int, guessed: Guessed) -> None:
    most = timedelta(minutes=15) if guessed is Guessed.ADDRESS else timedelta(minutes=1)
    free = 20 if guessed is Guessed.ADDRESS else 5
    found = wait_after(guessed, failures)
    assert (found == timedelta()) is (failures < free)
    assert found <= wait_after(guessed, failures + 1) <= most


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("", "no es una", True),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, is_same: bool) -> None:
    assert (address_bucket(one) == address_bucket(other)) is is_same


@pytest.mark.parametrize(
    "password", ["once letras", "aaaaaaaaaaaaaaaa", "ababababababab", "rosalba y yo aquí", "x" * 129]
)
def test_a_weak_password_is_told_why(password: str) -> None:
    assert weak(password, about="rosalba Ana")


@pytest.mark.parametrize("password", ["cuatro gatos negros", "cinco ñandúes 5"])
def test_a_short_phrase_is_a_good_password(password: str) -> None:
    assert weak(password, about="rosalba Ana") is None
    assert weak(told_password(), about="rosalba Ana") is None


async def test_the_same_password_from_another_keyboard_is_the_same() -> None:
    passwords = Passwords()
    kept = await passwords.hash("ma\u00f1ana tranquila")
    assert kept.startswith("$argon2id$")
    assert await passwords.is_right("man\u0303ana tranquila", kept)
    assert not await passwords.is_right("manana tranquila", kept)
    assert not await passwords.is_right("", None)


@given(st.integers(0, 2**33), st.integers(-4, 4))
def test_a_code_is_right_in_its_half_minute_and_the_two_beside_it(seconds: int, off: int) -> None:
    secret, at = b"s" * 20, max(seconds, 200)
    code = totp(secret).generate(at + 30 * off).decode()
    found = right_step(secret, f" {code[:3]} {code[3:]} ", datetime.fromtimestamp(at, UTC))
    if abs(off) <= 1:
        assert found is not None
    elif found is not None:
        # A million codes: now and then a neighbour's is the same.
        assert totp(secret).generate(found * 30).decode() == code


@given(st.text(max_size=12))
def test_whatever_is_typed_as_a_code_breaks_nothing(typed: str) -> None:
    right_step(b"s" * 20, typed, NOON)
    paper_hash(typed)


def test_secrets_and_paper_codes_are_never_the_same_twice() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
    codes = [code for _ in range(20) for code in new_paper_codes()]
    assert len(set(codes)) == 200
    assert paper_hash(codes[0]) == paper_hash(codes[0].upper().replace("-", " ")) != paper_hash(codes[1])


def shift(
    starts: datetime, hours: float, *, zone: str | None = "Norte", on_call: bool = False, who: UUID | None = None
) -> Shift:
    ends = starts + timedelta(hours=hours)
    return Shift(id=uuid4(), staff_id=who or uuid4(), zone=zone, starts_at=starts, ends_at=ends, on_call=on_call)


def test_who_attends_and_until_when_over_shifts_that_follow_each_other() -> None:
    first, second, later = shift(NOON, 2), shift(NOON + timedelta(hours=2), 3), shift(NOON + timedelta(hours=7), 1)
    duty = on_duty(NOON, shifts=[later, second, first], hours=HOURS, zone="Norte")
    assert (duty.staff, duty.until) == (frozenset({first.staff_id}), NOON + timedelta(hours=5))
    gap = on_duty(NOON + timedelta(hours=6), shifts=[later, second, first], hours=HOURS, zone="Norte")
    assert (gap.is_staffed, gap.again_at) == (False, NOON + timedelta(hours=7))


def test_a_shift_ends_with_the_opening_hours_and_one_on_call_does_not() -> None:
    evening = datetime(2026, 11, 23, 18, tzinfo=CALI)
    closes = datetime(2026, 11, 23, 20, tzinfo=CALI)
    assert on_duty(evening, shifts=[shift(evening, 5)], hours=HOURS).until == closes
    assert on_duty(evening, shifts=[shift(evening, 5, on_call=True)], hours=HOURS).until == evening + timedelta(hours=5)


def test_on_a_holiday_only_who_is_on_call_attends_and_the_next_day_is_as_always() -> None:
    monday = datetime(2026, 11, 23, 9, tzinfo=CALI)
    days = shift(monday, 30)
    duty = on_duty(monday, shifts=[days], hours=HOURS, holidays={monday.date()})
    assert (duty.is_staffed, duty.again_at) == (False, datetime(2026, 11, 24, 8, tzinfo=CALI))
    assert on_duty(monday, shifts=[shift(monday, 3, on_call=True)], hours=HOURS, holidays={monday.date()}).is_staffed


def test_a_shift_of_the_whole_department_counts_in_every_zone_and_one_of_a_zone_only_there() -> None:
    assert on_duty(NOON, shifts=[shift(NOON, 1, zone=None)], hours=HOURS, zone="Sur").is_staffed
    assert not on_duty(NOON, shifts=[shift(NOON, 1)], hours=HOURS, zone="Sur").is_staffed
    assert on_duty(NOON, shifts=[shift(NOON, 1)], hours=HOURS).is_staffed


plans = st.lists(
    st.builds(
        shift,
        minutes,
        st.floats(0.1, 40),
        zone=st.sampled_from([None, *ZONES]),
        on_call=st.booleans(),
    ),
    max_size=6,
)
holidays = st.frozensets(st.sampled_from([date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)]))


@given(plans, minutes, holidays, st.sampled_from([None, *ZONES]))
def test_somebody_is_on_duty_from_now_until_it_says_so_and_not_a_moment_longer(
    plan: list[Shift], now: datetime, off: frozenset[date], zone: str | None
) -> None:
    def attended(at: datetime) -> bool:
        return any(
            span.starts_at <= at < span.ends_at
            for one in plan
            if zone is None or one.zone in (None, zone)
            for span in attends(one, hours=HOURS, holidays=off)
        )

    duty = on_duty(now, shifts=plan, hours=HOURS, holidays=off, zone=zone)
    assert duty.is_staffed is attended(now)
    if duty.until is not None:
        assert now < duty.until
        assert not attended(duty.until)
        assert all(attended(now + (duty.until - now) * part / 8) for part in range(8))
    elif duty.again_at is not None:
        assert now < duty.again_at
        assert attended(duty.again_at)
        assert not any(attended(now + (duty.again_at - now) * part / 8) for part in range(8))


@given(plans, holidays)
def test_nobody_attends_outside_the_hours_unless_she_is_on_call(plan: list[Shift], off: frozenset[date]) -> None:
    for one in plan:
        for span in attends(one, hours=HOURS, holidays=off):
            assert one.starts_at <= span.starts_at < span.ends_at <= one.ends_at
            if not one.on_call:
                starts, ends = span.starts_at.astimezone(CALI), span.ends_at.astimezone(CALI)
                assert time(8) <= starts.time()
                assert ends <= datetime.combine(starts.date(), time(20), CALI)
                assert starts.date() not in off
