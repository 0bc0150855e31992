"""What was promised comes due: the hour that she agreed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.dialogue.contact import FOR_A_PERSON, GOES, Contact, closes_at, may_contact
from bot.dialogue.effects import Effect, Say
from bot.dialogue.lock import sayable
from bot.dialogue.memory import ask_for_human
from bot.dialogue.patterns import ASK_SAFE_NOW
from bot.dialogue.state import Mode, Phone
from bot.dialogue.talk import Talk
from bot.messages import Alert


def keep_agreement(talk: Talk) -> None:
    """Its hour has come: the neutral line within the band, or a person of the team, or nothing."""
    event, agreement = talk.event, talk.agreement
    zone = talk.book.facts.hours.timezone
    heard_at = talk.before.heard_at
    answer = may_contact(
        agreement,
        talk.phone,
        event.now,
        channel=event.channel,
        heard_at=heard_at,
        timezone=zone,
        can_reopen=event.can_reopen,
    )
    if agreement is None or answer not in FOR_A_PERSON | GOES:
        talk.be_silent("outdated")
    elif answer in GOES and talk.mode is Mode.BOT:
        # Nobody knows who reads it: what was told is closed, and the line is what anybody would see.
        talk.phone = Phone.UNKNOWN
        talk.forget_context()
        talk.start("pattern_session_start")
        until = closes_at(agreement, event.now, zone)
        talk.effects = first_words(
            sayable(talk.phone, talk.effects), until=until, as_template=answer is Contact.TEMPLATE
        )
    else:
        ask_for_human(talk, "agreed_contact", Alert.ATTENTION)
        talk.be_silent("agreed_contact")


def first_words(effects: Iterable[Effect], *, until: datetime, as_template: bool) -> list[Effect]:
    """What is said to her first leaves until then; beyond the window as the neutral question's template."""
    kept: list[Effect] = []
    for one in effects:
        if not isinstance(one, Say):
            kept.append(one)
        elif not as_template:
            kept.append(replace(one, until=until))
        elif one.response == ASK_SAFE_NOW:
            kept.append(replace(one, until=until, reopens=True, reply=replace(one.reply, content=ASK_SAFE_NOW)))
    return kept
