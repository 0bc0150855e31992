"""While she waits for a person, and after the last word of a crisis: short words, and her news go to the team."""

from __future__ import annotations

from bot.dialogue.effects import Remind
from bot.dialogue.flow import Flow
from bot.dialogue.memory import ask_for_human
from bot.dialogue.patterns import (
    CRISIS_SILENCE,
    GRAVE,
    GRAVITY,
    NOBODY_NOW,
    OFFER_AT,
    SMALL_TALK,
    STILL_HERE,
    TOPIC,
    fires_after,
    gravity,
)
from bot.dialogue.state import Mode, Phone
from bot.dialogue.talk import Talk
from bot.messages import Alert
from bot.takeover import load_times

#: These ask for nothing that she is not waiting for already.
_LIGHT = SMALL_TALK | {"goodbye", "pattern_human_handoff"}


def the_night_began(talk: Talk) -> None:
    """The team went home while she waited: that is said first, and the bot answers again (seguridad §5)."""
    if talk.mode is not Mode.WAITING or talk.is_attended:
        return
    talk.mode = Mode.BOT
    ask_for_human(talk, "wrote_while_waiting", talk.event.understanding.alert)
    if talk.flow is not None and talk.flow.name == "pattern_waiting":
        talk.stack.clear()
    if talk.phone is Phone.SAFE:
        talk.say(NOBODY_NOW)


def is_for_the_person(talk: Talk, wanted: Flow | None) -> bool:
    """More of what she has told is theirs to read; a question, or a graver story, is answered meanwhile."""
    if wanted is None or wanted.name in _LIGHT or talk.phone is Phone.UNKNOWN:
        return True
    weight = gravity(wanted.topic)
    is_graver = weight >= GRAVE and weight > gravity(talk.before.slots.get(TOPIC))
    return wanted.topic in GRAVITY and not is_graver


def while_waiting(talk: Talk) -> None:
    """A person was asked for: what she writes is theirs to read, and the bot says so once in a while.

    The while runs from its own last word. Her first word after a crisis ("tengo sueño", when she took poison) is
    always answered.
    """
    spoke, now = talk.before.spoke_at, talk.event.now
    spoke_just_now = spoke is not None and now - spoke < load_times().still_waiting
    is_told = talk.flow is not None and talk.flow.name == "pattern_waiting"
    is_first_after_crisis = is_after_a_crisis(talk) and talk.misses == 0
    if spoke_just_now and (is_told or talk.phone is Phone.UNKNOWN) and not is_first_after_crisis:
        talk.be_silent("waiting")
    elif is_after_a_crisis(talk):
        stay_beside(talk)
        return
    else:
        talk.start("pattern_waiting" if talk.phone is Phone.SAFE else "pattern_session_start")
    ask_for_human(talk, "wrote_while_waiting", talk.event.understanding.alert)


def is_after_a_crisis(talk: Talk) -> bool:
    """Whether the last word of a crisis was said and no question waits: no menu, she is answered shortly."""
    told_before = talk.before.slots.get(TOPIC) if talk.phone is Phone.SAFE else None
    is_crisis = CRISIS_SILENCE in talk.before.reminders or told_before == "suicidal_ideation"
    return is_crisis and talk.question is None


def stay_beside(talk: Talk) -> None:
    """Her news go to a person, her silence is noticed; after a while she is asked whether she can write."""
    ask_for_human(talk, "wrote_while_waiting", talk.event.understanding.alert)
    talk.misses += 1
    if talk.misses > OFFER_AT and talk.phone is Phone.UNKNOWN:
        talk.start("pattern_session_start")
        return
    talk.say(STILL_HERE)
    if talk.alert >= Alert.EMERGENCY:
        talk.add(Remind(name=CRISIS_SILENCE, after=fires_after(CRISIS_SILENCE)))
