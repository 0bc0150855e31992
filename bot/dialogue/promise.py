"""What was promised comes due: the hour that she agreed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.dialogue.contact import FOR_A_PERSON, Contact, may_contact
from bot.dialogue.effects import Say
from bot.dialogue.lock import sayable
from bot.dialogue.memory import ask_for_human
from bot.dialogue.state import Mode, Phone
from bot.dialogue.talk import Talk
from bot.messages import Alert


def keep_agreement(talk: Talk) -> None:
    """Its hour has come: the neutral line within the band, or a person of the team, or nothing."""
    event, agreement = talk.event, talk.agreement
    zone = talk.book.facts.hours.timezone
    heard_at = talk.before.heard_at
    answer = may_contact(agreement, talk.phone, event.now, channel=event.channel, heard_at=heard_at, timezone=zone)
    if agreement is None or answer not in FOR_A_PERSON | {Contact.ALLOWED}:
        talk.be_silent("outdated")
    elif answer is Contact.ALLOWED and talk.mode is Mode.BOT:
        # Nobody knows who reads it: what was told is closed, and the line is what anybody would see.
        talk.phone = Phone.UNKNOWN
        talk.forget_context()
        talk.start("pattern_session_start")
        talk.effects = list(sayable(talk.phone, talk.effects))
        closes = datetime.combine(event.now.astimezone(zone).date(), agreement.closes, tzinfo=zone)
        talk.effects = [replace(e, until=closes) if isinstance(e, Say) else e for e in talk.effects]
    else:
        ask_for_human(talk, "agreed_contact", Alert.ATTENTION)
        talk.be_silent("agreed_contact")
