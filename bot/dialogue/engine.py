"""``advance``: from what stands and what happened to what stands now and what is to be done. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialogue.contact import in_doubt
from bot.dialogue.effects import CancelReminder, Forget, LogSession, Remind, RequestHuman, Say, Seal, Silence, SpeakAs
from bot.dialogue.flow import FlowBook
from bot.dialogue.hear import hear
from bot.dialogue.lock import is_stale, phone_now, sayable
from bot.dialogue.memory import ask_for_human
from bot.dialogue.obey import closes
from bot.dialogue.pace import GRAVE_AGAIN, is_machine, is_repeated, paced
from bot.dialogue.patterns import (
    AGREED_CONTACT,
    BORROWED,
    CRISIS_SILENCE,
    FORGOTTEN,
    LENT,
    OPTED_OUT,
    REMINDERS,
    TEAM_ASKED,
    URGENT_SILENCE,
    fires_after,
)
from bot.dialogue.promise import keep_agreement
from bot.dialogue.sparing import hear_sparingly
from bot.dialogue.state import Event, Mode, Phone, State, Turn
from bot.dialogue.talk import Talk
from bot.dialogue.walk import TooFar
from bot.messages import Alert, Role
from bot.takeover import load_times

#: A timer that fires while her word is younger than its time, by more than this, lost a race with it.
_SLACK = timedelta(seconds=30)


def advance(book: FlowBook, state: State, event: Event) -> Turn:
    """Take one thing that happened. Deterministic; every turn says something, asks for a human, or names its silence.

    >>> advance(book, State(), Event(now=now, text="hola")).effects[0].reply.text
    'Hola. Le leo. ¿Puede escribir con calma ahora?'
    """
    if event.failed == OPTED_OUT:
        return _opted_out(book, state, event)
    if event.failed is not None:
        return _failed_delivery(state)
    if event.forget:
        return _forget(book, state, event)
    if event.timer is not None:
        return _timer(book, state, event)
    if event.word is not None:
        return _agree_word(book, state, event, event.word)
    try:
        return _person(Talk(book, state, event))
    except TooFar:
        return fail(book, state, event.now)


def fail(book: FlowBook, state: State, now: datetime) -> Turn:
    """A turn that cannot be taken: a person is asked for, and she is told so if her phone allows it."""
    kept = State(role=state.role, mode=state.mode, phone=phone_now(state, now), heard_at=state.heard_at)
    talk = Talk(book, kept, Event(now=now))
    talk.alert, talk.reminders, talk.pace = state.alert, list(state.reminders), state.pace
    talk.forgetting, talk.agreement, talk.word = state.forgetting, in_doubt(state.agreement), state.word
    ask_for_human(talk, "internal_error", Alert.URGENT)
    if talk.phone.is_locked or talk.mode in (Mode.HUMAN, Mode.STOPPED):
        talk.be_silent("internal_error")
    else:
        talk.start("pattern_internal_error" if talk.phone is Phone.SAFE else "pattern_session_start")
    return settle(talk)


def _person(talk: Talk) -> Turn:
    event, was = talk.event, talk.before
    _wake(talk)
    talk.pace = paced(was.pace, event.text, event.now)
    if is_machine(talk.pace) and not _is_heard_all_the_same(talk):
        _stop_answering(talk)
    elif event.is_spent:
        hear_sparingly(talk)
    else:
        hear(talk)
    if event.understanding.alert == Alert.EMERGENCY and not _asks_for_human(talk, Alert.EMERGENCY):
        ask_for_human(talk, "danger", Alert.EMERGENCY)
    turn = settle(talk)
    return _with_word(turn, event.now) if event.word_given and was.word and talk.role is Role.WOMAN else turn


def _wake(talk: Talk) -> None:
    """She wrote: a lock falls back to unknown, and after long silence what was told before is closed.

    After a shorter one only what was said of that moment is: whether she is safe, whether he is there.
    """
    was, now = talk.before, talk.event.now
    if was.heard_at is not None and now - was.heard_at >= load_times().of_the_moment:
        for name in [name for name, slot in talk.book.slots.items() if slot.lapses]:
            talk.slots.pop(name, None)
    if was.phone.is_locked or phone_now(was, now) is not was.phone or is_stale(was, now):
        talk.phone = Phone.UNKNOWN
        talk.forget_context()
        talk.agreement = in_doubt(talk.agreement)
        if talk.mode is Mode.WAITING:
            talk.mode = Mode.BOT
    if talk.mode in (Mode.STOPPED, Mode.CLOSED):
        talk.mode = Mode.BOT
    talk.heard_at = now


def _is_heard_all_the_same(talk: Talk) -> bool:
    """A hand that trembles, and a word that closes, are not a machine's: nothing grave ends in a silence."""
    if talk.mode is Mode.HUMAN or closes(talk):
        return True
    alert, spoke = talk.event.understanding.alert, talk.before.spoke_at
    if alert >= Alert.URGENT and not is_repeated(talk.pace):
        return True
    is_grave = max(alert, talk.alert) >= Alert.URGENT
    return is_grave and (spoke is None or talk.event.now - spoke >= GRAVE_AGAIN)


def _stop_answering(talk: Talk) -> None:
    if talk.before.pace.turns and not is_machine(talk.before.pace):
        ask_for_human(talk, "loop", Alert.ATTENTION)
    talk.be_silent("loop")


def settle(talk: Talk) -> Turn:
    """Hold the lock over the words, keep the reminders straight, and never end without a name."""
    if talk.phone.is_locked:
        _lock(talk)
    else:
        _rearm(talk)
    wanted_words = talk.has_spoken
    talk.effects = list(sayable(talk.phone, talk.effects))
    if talk.phone is Phone.UNKNOWN and wanted_words and not talk.has_spoken:
        # Content wanted to say what this phone may not be shown: the neutral question instead.
        talk.start("pattern_session_start")
        talk.effects = list(sayable(talk.phone, talk.effects))
    if not any(isinstance(effect, Say | RequestHuman | Silence) for effect in talk.effects):
        talk.be_silent("left" if talk.phone is Phone.LEFT else "unsafe" if talk.phone.is_locked else "nothing_to_say")
    if any(isinstance(effect, Seal) for effect in talk.effects):
        _begin_anew(talk)
    return talk.turn()


def _begin_anew(talk: Talk) -> None:
    """She asked to be forgotten and was told so: whoever writes next is new here, save for how grave it was."""
    alert = talk.alert
    talk.forget_context()
    talk.alert = alert if alert >= Alert.URGENT else Alert.NONE
    if not talk.phone.is_locked:
        talk.phone = Phone.UNKNOWN


def _lock(talk: Talk) -> None:
    if talk.alert >= Alert.URGENT and not _asks_for_human(talk):
        ask_for_human(talk, "left_while_urgent", talk.alert)
    talk.cancel_reminders()
    talk.forget_context()
    talk.agreement = None
    if not any(isinstance(effect, Silence) for effect in talk.effects):
        talk.be_silent("exit" if talk.phone is Phone.LEFT else "unsafe")


def _rearm(talk: Talk) -> None:
    """While danger or something urgent is talked about, and after danger's last word, her silence is counted."""
    armed = [effect.name for effect in talk.effects if isinstance(effect, Remind)]
    due = set(armed)
    if talk.is_immediate or not talk.stack:
        due |= set(talk.before.reminders) & {CRISIS_SILENCE}
    elif talk.alert >= Alert.URGENT and talk.stack and CRISIS_SILENCE not in due:
        due.add(URGENT_SILENCE)
    kept = {BORROWED} if talk.agreement is None else {BORROWED, AGREED_CONTACT}
    runs_on = (kept & set(talk.reminders)) - set(armed)
    withdrawn = [CancelReminder(name=name) for name in talk.before.reminders if name not in runs_on]
    set_anew = [Remind(name=name, after=fires_after(name)) for name in sorted(due - set(armed))]
    changes = [effect for effect in talk.effects if isinstance(effect, SpeakAs)]
    rest = [effect for effect in talk.effects if not isinstance(effect, SpeakAs)]
    talk.effects = [*changes, *withdrawn, *rest, *set_anew]
    talk.reminders = sorted(due | runs_on)


def _timer(book: FlowBook, state: State, event: Event) -> Turn:
    """She fell silent in the middle of something grave, or a lent phone goes back: nothing goes to it any more."""
    talk = Talk(book, state, event)
    was_live = event.timer in talk.reminders
    talk.reminders = [name for name in talk.reminders if name != event.timer]
    if was_live and event.timer == AGREED_CONTACT:
        keep_agreement(talk)
        return talk.turn()
    after = fires_after(event.timer) if event.timer in REMINDERS else timedelta()
    spoke = state.heard_at is not None and event.now - state.heard_at < after - _SLACK
    if not was_live or state.phone.is_locked or (spoke and event.timer != BORROWED):
        talk.be_silent("outdated")
        return talk.turn()
    if event.timer == BORROWED:
        return _give_phone_back(talk)
    ask_for_human(talk, "silent_in_crisis", state.alert)
    talk.agreement = in_doubt(talk.agreement)
    if event.timer == CRISIS_SILENCE:
        talk.add(LogSession(outcome="unsafe"))
        talk.phone, talk.agreement = Phone.UNSAFE, None
        talk.cancel_reminders()
        talk.forget_context()
    talk.be_silent("unsafe" if talk.phone.is_locked else "waiting")
    return talk.turn()


def _give_phone_back(talk: Talk) -> Turn:
    """The time of a lent phone is over: its owner may hold it now (seguridad §11).

    What was told is closed, the session says that the phone was lent, and what comes next is another one.
    """
    if talk.alert >= Alert.URGENT:
        ask_for_human(talk, "left_while_urgent", talk.alert)
    talk.add(LogSession(outcome=LENT))
    talk.phone, talk.agreement = Phone.UNSAFE, None
    talk.cancel_reminders()
    talk.forget_context()
    talk.be_silent("borrowed_over")
    return talk.turn()


def _failed_delivery(state: State) -> Turn:
    """Words about it could not arrive either; a person looks for another way."""
    return Turn(
        state=replace(state, slots={**state.slots, TEAM_ASKED: "yes"}),
        effects=(RequestHuman(reason="delivery_failed", alert=state.alert), Silence(reason="unreachable")),
    )


def _opted_out(book: FlowBook, state: State, event: Event) -> Turn:
    """She told her carrier that she wants no more of us: as if she had told us (seguridad §4), and a person knows."""
    talk = Talk(book, state, event)
    ask_for_human(talk, OPTED_OUT, state.alert)
    talk.phone = Phone.LEFT
    talk.mode = Mode.HUMAN if state.mode is Mode.HUMAN else Mode.STOPPED
    talk.be_silent("unreachable")
    return settle(talk)


def _forget(book: FlowBook, state: State, event: Event) -> Turn:
    """An operator erases this person: one neutral word, if the phone is not locked, then nothing is left."""
    talk = Talk(book, state, event)
    talk.cancel_reminders()
    talk.agreement, talk.word = None, ""
    if state.phone.is_locked:
        talk.be_silent("unsafe")
    else:
        talk.say(FORGOTTEN)
        talk.effects = list(sayable(phone_now(state, event.now), talk.effects))
    talk.add(Forget(after=timedelta(0)))
    return talk.turn()


def _agree_word(book: FlowBook, state: State, event: Event, word: str) -> Turn:
    """A psychologist and she agreed a word by voice, in place of an older one; her phone is told nothing."""
    talk = Talk(book, state, event)
    talk.word = word
    talk.be_silent("word_agreed")
    return talk.turn()


def _with_word(turn: Turn, now: datetime) -> Turn:
    """She wrote her word: it is spent and the team is told. What is said is what anybody would be told."""
    told = RequestHuman(reason="word_given", alert=Alert.ATTENTION)
    return Turn(state=replace(turn.state, word="", word_given_at=now), effects=(*turn.effects, told))


def _asks_for_human(talk: Talk, alert: Alert = Alert.NONE) -> bool:
    return any(isinstance(effect, RequestHuman) and effect.alert >= alert for effect in talk.effects)
