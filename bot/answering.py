"""How long people wait for a first answer, by part of the day and alert, never by name (seguridad §12). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bot.messages import Alert
from bot.takeover import Clocks
from bot.territory.directory import Hours

#: Outside every band of the day.
NIGHT = "night"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One request for a person: when it was made, and when somebody answered; None if nobody has. Aware."""

    alert: Alert
    requested_at: datetime
    first_reply_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTime:
    """The waits of one band and alert: how many, how many answered, half of them within ``median``."""

    band: str
    alert: Alert
    asked: int
    answered: int
    in_time: int
    median: timedelta | None
    target: timedelta

    @property
    def is_late(self) -> bool:
        """Whether most of them waited longer than they should."""
        return self.median is not None and self.median > self.target


def answer_times(waits: Sequence[Wait], *, hours: Hours, clocks: Clocks) -> list[AnswerTime]:
    """Every band and alert that somebody asked in, the bands in the order of the day, the gravest first.

    The target is when the shift would be alarmed: the first bell of the table of clocks.
    """
    grouped = defaultdict[tuple[str, Alert], list[Wait]](list)
    for wait in waits:
        grouped[_band(wait.requested_at, hours), wait.alert].append(wait)
    order = [*hours.bands, NIGHT]
    keys = sorted(grouped, key=lambda key: (order.index(key[0]), -key[1]))
    return [_of_group(band, alert, grouped[band, alert], clocks) for band, alert in keys]


def target_of(alert: Alert, clocks: Clocks) -> timedelta:
    """Within which time somebody should answer."""
    return clocks.unclaimed[alert][0].after


def _of_group(band: str, alert: Alert, waits: Sequence[Wait], clocks: Clocks) -> AnswerTime:
    target = target_of(alert, clocks)
    took = [wait.first_reply_at - wait.requested_at for wait in waits if wait.first_reply_at is not None]
    return AnswerTime(
        band=band,
        alert=alert,
        asked=len(waits),
        answered=len(took),
        in_time=sum(one <= target for one in took),
        median=timedelta(seconds=median(one.total_seconds() for one in took)) if took else None,
        target=target,
    )


def _band(at: datetime, hours: Hours) -> str:
    local = at.astimezone(hours.timezone).time()
    return next((name for name, band in hours.bands.items() if band.opens <= local < band.closes), NIGHT)
