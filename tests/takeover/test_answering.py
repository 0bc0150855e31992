"""How long people wait, by part of the day and alert."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.answering import NIGHT, AnswerTime, Wait, answer_times
from bot.messages import Alert
from bot.takeover import load_clocks
from bot.territory.directory import load_hours

HOURS, CLOCKS = load_hours(), load_clocks()


def _wait(hour: int, seconds: int | None, alert: Alert = Alert.EMERGENCY) -> Wait:
    asked = datetime(2026, 11, 23, hour, tzinfo=HOURS.timezone)
    answered = None if seconds is None else asked + timedelta(seconds=seconds)
    return Wait(alert=alert, requested_at=asked, first_reply_at=answered)


def test_waits_are_counted_by_part_of_the_day_with_those_that_nobody_answered() -> None:
    waits = [_wait(9, 30), _wait(10, 90), _wait(11, 100), _wait(9, None)]
    (morning,) = answer_times(waits, hours=HOURS, clocks=CLOCKS)
    assert morning == AnswerTime(
        band="morning",
        alert=Alert.EMERGENCY,
        asked=4,
        answered=3,
        in_time=1,
        median=timedelta(seconds=90),
        target=timedelta(seconds=60),
    )
    assert morning.is_late


def test_bands_come_in_the_order_of_the_day_and_the_gravest_first() -> None:
    waits = [_wait(3, 5), _wait(18, 5), _wait(9, 5, Alert.NONE), _wait(9, 5)]
    times = answer_times(waits, hours=HOURS, clocks=CLOCKS)
    assert [(one.band, one.alert) for one in times] == [
        ("morning", Alert.EMERGENCY),
        ("morning", Alert.NONE),
        ("evening", Alert.EMERGENCY),
        (NIGHT, Alert.EMERGENCY),
    ]


def test_where_nobody_answered_there_is_no_middle_and_nothing_is_called_late() -> None:
    (one,) = answer_times([_wait(9, None)], hours=HOURS, clocks=CLOCKS)
    assert (one.answered, one.median, one.is_late) == (0, None, False)
