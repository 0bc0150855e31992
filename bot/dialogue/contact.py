"""Whether she may be contacted first: only as she agreed, in one neutral line, or by a person (ruta §E 4). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from bot.dialogue.agreement import Agreement, IfOther, Way
from bot.dialogue.facts import Facts
from bot.dialogue.state import Phone
from bot.shifts import Attendance, Span
from bot.takeover import load_times
from bot.territory.directory import Band

_WEEK = 8


class Contact(StrEnum):
    """``ALLOWED``: the one neutral line may go; ``TEMPLATE``: as an approved template alone. Any other is why not."""

    ALLOWED = "allowed"
    TEMPLATE = "template"
    NO_AGREEMENT = "no_agreement"
    LOCKED = "locked"
    EXPIRED = "expired"
    OUTSIDE_BAND = "outside_band"
    IN_TOUCH = "in_touch"
    UNCONFIRMED = "unconfirmed"
    A_CALL = "a_call"
    OTHER_CHANNEL = "other_channel"
    WINDOW_CLOSED = "window_closed"
    NOT_SAFE = "not_safe"


#: The neutral line goes.
GOES = frozenset({Contact.ALLOWED, Contact.TEMPLATE})
#: Nothing goes to her phone, and a person of the team sees what was promised and decides.
FOR_A_PERSON = frozenset(
    {Contact.UNCONFIRMED, Contact.A_CALL, Contact.OTHER_CHANNEL, Contact.WINDOW_CLOSED, Contact.NOT_SAFE}
)


def may_contact(
    agreement: Agreement | None,
    phone: Phone,
    now: datetime,
    *,
    channel: str,
    heard_at: datetime | None,
    timezone: tzinfo,
    can_reopen: bool = False,
) -> Contact:
    """Whether the neutral line may be sent first over ``channel`` at ``now`` (aware); the first reason against it.

    ``heard_at`` is her last message there, ``phone`` the lock as her last word left it: twelve hours of silence make
    it unknown for words, not for this. ``can_reopen``: the line is an approved template on this channel; beyond the
    window nothing else goes, and only where the last that she said of her phone was that it is hers. Whatever is not
    agreed is not allowed.
    """
    if agreement is None:
        return Contact.NO_AGREEMENT
    if phone.is_locked:
        return Contact.LOCKED
    if not agreement.agreed_at <= now < agreement.expires_at:
        return Contact.EXPIRED
    if not agreement.opens <= now.astimezone(timezone).time() < agreement.closes:
        return Contact.OUTSIDE_BAND
    if not agreement.confirmed:
        return Contact.UNCONFIRMED
    if agreement.way is Way.CALL:
        return Contact.A_CALL
    if heard_at is None or (now - heard_at < load_times().in_touch):
        return Contact.IN_TOUCH
    is_there = channel == agreement.channel if agreement.way is Way.HERE else channel.endswith("sms")
    if not is_there:
        return Contact.OTHER_CHANNEL
    if not is_over(channel, heard_at, now):
        return Contact.ALLOWED
    if phone is not Phone.SAFE:
        return Contact.NOT_SAFE
    return Contact.TEMPLATE if can_reopen else Contact.WINDOW_CLOSED


def is_over(channel: str, heard_at: datetime | None, now: datetime) -> bool:
    """Whether the provider takes no free words any more; an SMS has no window."""
    return not channel.endswith("sms") and (heard_at is None or now - heard_at >= load_times().free_words)


def closes_at(agreement: Agreement, now: datetime, timezone: tzinfo) -> datetime:
    """When today's hours end: what goes first leaves before, or never."""
    return datetime.combine(now.astimezone(timezone).date(), agreement.closes, tzinfo=timezone)


def next_time(
    band: Band, facts: Facts, now: datetime, *, attended: Attendance | None = None, zone: str | None = None
) -> datetime | None:
    """When somebody is there next in a band that has not begun yet (aware); None if nobody ever is.

    By the shifts of ``zone`` as far as they are planned; for days that nobody has planned yet, by the opening hours.
    """
    timezone = facts.hours.timezone
    today = now.astimezone(timezone).date()
    days = (today + timedelta(days=number) for number in range(_WEEK))
    spans = [Span(starts_at=_at(day, band.opens, timezone), ends_at=_at(day, band.closes, timezone)) for day in days]
    to_come = [span for span in spans if span.starts_at > now]
    if attended is not None and (at := attended.first_within(to_come, hours=facts.hours, zone=zone)):
        return at
    return next((span.starts_at for span in to_come if facts.is_open(span.starts_at)), None)


def agree(way: Way, band: Band, if_other: IfOther | None, *, now: datetime, days: int) -> Agreement:
    """Her word as it is kept; ``Talk`` adds the channel."""
    return Agreement(
        way=way,
        channel="",
        opens=band.opens,
        closes=band.closes,
        if_other=if_other if way is Way.CALL else None,
        agreed_at=now,
        expires_at=now + timedelta(days=days),
    )


def in_doubt(agreement: Agreement | None) -> Agreement | None:
    """Something has changed since: only her own word makes it count again."""
    return None if agreement is None else replace(agreement, confirmed=False)


def _at(day: date, hour: time, timezone: tzinfo) -> datetime:
    return datetime.combine(day, hour, tzinfo=timezone)
