"""When the day's letters are spent: what is grave is answered as ever, everything else is left for a person."""

from __future__ import annotations

from bot.dialogue.effects import NoteConsent
from bot.dialogue.hear import hear
from bot.dialogue.memory import ask_for_human
from bot.dialogue.obey import closes
from bot.dialogue.patterns import HANDED_ON
from bot.dialogue.state import Mode, Phone
from bot.dialogue.talk import Talk
from bot.messages import Alert, Role
from bot.takeover import load_times


def hear_sparingly(talk: Talk) -> None:
    """Hear her as ever, but orient nobody: she is told once in a while that a person reads it, and which lines answer.

    A cap must silence nobody whom it could cost her life (docs/adr/0027): the first question, danger, whatever is
    urgent in this episode, a shop's worker with somebody before her, and every word that closes or forbids stay.
    """
    hear(talk)
    if not talk.has_spoken or _is_owed(talk):
        return
    talk.unsay()
    talk.stack.clear()
    talk.misses, talk.buttons = 0, talk.calls_for_help()
    ask_for_human(talk, "spent", Alert.ATTENTION)
    if talk.is_attended:
        talk.mode = Mode.WAITING
    now, told = talk.event.now, talk.spared_at
    if told is not None and now - told < load_times().still_waiting:
        talk.be_silent("waiting")
    else:
        talk.say(HANDED_ON)
        talk.spared_at = now


def _is_owed(talk: Talk) -> bool:
    is_grave = max(talk.alert, talk.event.understanding.alert) >= Alert.URGENT or talk.is_immediate
    is_hers_to_say = closes(talk) or any(isinstance(effect, NoteConsent) for effect in talk.effects)
    return talk.phone is not Phone.SAFE or talk.role is Role.BRIGADE or is_grave or is_hers_to_say
