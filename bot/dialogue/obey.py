"""The words of command, which interrupt anything."""

from __future__ import annotations

from bot.dialogue.beside import is_watched
from bot.dialogue.patterns import COMMAND_INTENTS, COMMANDS
from bot.dialogue.payload import Start, read_payload
from bot.dialogue.state import Mode, Phone
from bot.dialogue.talk import Talk
from bot.safety import command
from bot.takeover import load_times


def obey(talk: Talk) -> bool:
    """A command is the whole message, or a button that stands for one; it interrupts anything."""
    word = command(talk.event.text) if talk.event.text else None
    meaning = read_payload(talk.event.payload) if talk.event.payload else None
    if isinstance(meaning, Start):
        word = COMMAND_INTENTS.get(meaning.intent, word)
    if word is None or word not in COMMANDS:
        return False
    if word in ("exit", "stop") and _left_just_now(talk):
        # Said twice in a hurry: the first last line was enough. Later it is answered as any phone is: whoever
        # types it then must not learn from a silence that somebody was here.
        talk.phone, talk.mode = Phone.LEFT, talk.before.mode if word == "exit" else Mode.STOPPED
        return True
    talk.start(COMMANDS[word])
    return True


def closes(talk: Talk) -> bool:
    """Whether it is a command, or says that she is watched: obeyed however often and however fast she writes."""
    tapped = read_payload(talk.event.payload) if talk.event.payload else None
    word = COMMAND_INTENTS.get(tapped.intent) if isinstance(tapped, Start) else command(talk.event.text)
    return word in COMMANDS or is_watched(talk)


def _left_just_now(talk: Talk) -> bool:
    was = talk.before
    hurry = load_times().double_tap
    return was.phone is Phone.LEFT and was.heard_at is not None and talk.event.now - was.heard_at <= hurry
