"""Is somebody on duty, where, and until when: over shifts, holidays and opening hours. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from bot.territory.directory import Hours

#: No opening is looked for beyond this.
_HORIZON_DAYS = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Somebody attends from ``starts_at`` until before ``ends_at`` (aware): one zone, or the department if None.

    ``on_call``: she attends outside the opening hours and on holidays too, for emergencies.
    """

    id: UUID
    staff_id: UUID
    zone: str | None
    starts_at: datetime
    ends_at: datetime
    on_call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time, aware; the end is outside it."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who attends now, and until when somebody does; if nobody does, when somebody will."""

    staff: frozenset[UUID]
    until: datetime | None = None
    again_at: datetime | None = None

    @property
    def is_staffed(self) -> bool:
        """Whether anybody attends."""
        return bool(self.staff)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """Where somebody attends just now: ``Attendance(zones=frozenset({"Norte"}), emergencies=True)``.

    ``emergencies`` are everybody's, whatever the zone, and those on call count for them alone outside the hours.
    ``plan`` and ``holidays`` are what is planned from now on.
    """

    zones: frozenset[str] = frozenset()
    emergencies: bool = False
    plan: tuple[Shift, ...] = ()
    holidays: frozenset[date] = frozenset()

    def is_there_for(self, zone: str | None, *, is_emergency: bool) -> bool:
        """Whether somebody will read her; without a zone anybody may."""
        if is_emergency:
            return self.emergencies
        return bool(self.zones) if zone is None else zone in self.zones

    def first_within(self, spans: Sequence[Span], *, hours: Hours, zone: str | None = None) -> datetime | None:
        """The first moment of the spans at which somebody is planned for a zone; without a zone, anywhere."""
        hers = [replace(shift, on_call=False) for shift in self.plan if zone is None or shift.zone in (None, zone)]
        there = [span for shift in hers for span in attends(shift, hours=hours, holidays=self.holidays)]
        begins = (max(span.starts_at, one.starts_at) for span in spans for one in there if _meet(span, one))
        return min(begins, default=None)


def attendance(
    now: datetime, *, shifts: Iterable[Shift], hours: Hours, holidays: Collection[date] = (), zones: Collection[str]
) -> Attendance:
    """Who is there at ``now`` (aware), as she is to be told; ``zones`` are all that a shift for everywhere covers."""
    ordinary: set[str] = set()
    emergencies, plan = False, tuple(shifts)
    for shift in plan:
        if shift.starts_at > now:
            continue
        if _is_within(now, attends(shift, hours=hours, holidays=holidays)):
            emergencies = True
        if _is_within(now, attends(replace(shift, on_call=False), hours=hours, holidays=holidays)):
            ordinary.update(zones if shift.zone is None else (shift.zone,))
    return Attendance(zones=frozenset(ordinary), emergencies=emergencies, plan=plan, holidays=frozenset(holidays))


def on_duty(
    now: datetime, *, shifts: Iterable[Shift], hours: Hours, holidays: Collection[date] = (), zone: str | None = None
) -> Duty:
    """Who attends in a zone at ``now`` (aware); without a zone, anywhere.

    A shift counts inside the opening hours of days that are no holidays; one on call counts always. ``until`` runs
    on over shifts that follow each other without a gap.
    """
    attended: list[tuple[Span, UUID]] = []
    for shift in shifts:
        if zone is None or shift.zone in (None, zone):
            attended += [(span, shift.staff_id) for span in attends(shift, hours=hours, holidays=holidays)]
    attended.sort(key=lambda one: one[0].starts_at)
    staff = frozenset(who for span, who in attended if span.starts_at <= now < span.ends_at)
    if not staff:
        again = min((span.starts_at for span, _ in attended if span.starts_at > now), default=None)
        return Duty(staff=staff, again_at=again)
    until = now
    for span, _ in attended:
        if span.starts_at <= until < span.ends_at:
            until = span.ends_at
    return Duty(staff=staff, until=until)


def attends(shift: Shift, *, hours: Hours, holidays: Collection[date] = ()) -> list[Span]:
    """The stretches of a shift in which she really attends, in order."""
    if shift.on_call:
        return [Span(starts_at=shift.starts_at, ends_at=shift.ends_at)]
    first, last = (moment.astimezone(hours.timezone).date() for moment in (shift.starts_at, shift.ends_at))
    found = []
    for number in range(min((last - first).days, _HORIZON_DAYS) + 1):
        for opening in open_on(first + timedelta(days=number), hours=hours, holidays=holidays):
            starts, ends = max(opening.starts_at, shift.starts_at), min(opening.ends_at, shift.ends_at)
            if starts < ends:
                found.append(Span(starts_at=starts, ends_at=ends))
    return found


def open_on(day: date, *, hours: Hours, holidays: Collection[date] = ()) -> list[Span]:
    """The opening hours of one day, in order; none on a holiday."""
    if day in holidays:
        return []
    spans = [
        Span(starts_at=_moment(day, row.opens, hours), ends_at=_moment(day, row.closes, hours))
        for row in hours.open
        if day.isoweekday() in row.days
    ]
    return sorted(spans, key=lambda span: span.starts_at)


def _meet(one: Span, other: Span) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _is_within(now: datetime, spans: Iterable[Span]) -> bool:
    return any(span.starts_at <= now < span.ends_at for span in spans)


def _moment(day: date, at: time, hours: Hours) -> datetime:
    return datetime.combine(day, at, tzinfo=hours.timezone)
