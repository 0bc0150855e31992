"""The closed list of what a flow can do besides talking. Pure: each gives back what changes and what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.dialogue.effects import Effect, Forget, LogSession, NoteConsent, Remind, RequestHuman
from bot.dialogue.facts import OUTSIDE, UNSAID, Facts, zone_of
from bot.dialogue.patterns import (
    CONSENT_TEXTS,
    CONSENTS,
    HELPED,
    LAYERS,
    MUNICIPALITY,
    MUNICIPALITY_KIND,
    OUTCOMES,
    REASONS,
    REMINDERS,
)
from bot.dialogue.state import Mode, Phone, State, Value
from bot.messages import Alert, Role

_FORGET_DAYS = "forget_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an action changes; None leaves things as they are, and an alert is only ever raised."""

    slots: Mapping[str, Value] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    phone: Phone | None = None
    mode: Mode | None = None
    role: Role | None = None
    alert: Alert = Alert.NONE
    forgetting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arg:
    """What an argument may be."""

    values: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action, its arguments and the slots that it fills."""

    run: Callable[[State, Mapping[str, str], datetime, Facts], Done]
    args: Mapping[str, Arg] = field(default_factory=dict)
    fills: tuple[str, ...] = ()


def _lock_phone(_state: State, args: Mapping[str, str], _now: datetime, _facts: Facts) -> Done:
    """``forgotten`` leaves the outcome as it is: she asked to be forgotten, which says more than that she left."""
    phone, outcome = _LOCKS[args["state"]]
    return Done(phone=phone, effects=(LogSession(outcome=outcome),) if outcome else ())


def _stop(_state: State, _args: Mapping[str, str], _now: datetime, _facts: Facts) -> Done:
    return Done(phone=Phone.LEFT, mode=Mode.STOPPED, effects=(LogSession(outcome="stopped"),))


def _resolve_municipality(state: State, _args: Mapping[str, str], _now: datetime, facts: Facts) -> Done:
    code = state.slots.get(MUNICIPALITY)
    if not isinstance(code, str):
        return Done()
    kind = "outside" if code == OUTSIDE else "unsaid" if code == UNSAID else "valle"
    log = LogSession(municipality=code, zone=zone_of(facts, code))
    return Done(slots={MUNICIPALITY_KIND: kind}, effects=(log,))


def _request_human(state: State, args: Mapping[str, str], now: datetime, facts: Facts) -> Done:
    """``waits``: in opening hours the bot makes room for the person; else it stays, no queue is silent."""
    asked = next((alert for alert in Alert if alert.word == args.get("alert")), Alert.NONE)
    waits = args.get("waits") == "yes"
    return Done(
        mode=Mode.WAITING if waits and facts.is_open(now) else None,
        effects=(
            RequestHuman(reason=args["reason"], alert=max(asked, state.alert)),
            LogSession(outcome="handover" if waits else None, alert=asked or None),
        ),
        alert=asked,
    )


def _log(_state: State, args: Mapping[str, str], _now: datetime, _facts: Facts) -> Done:
    return Done(effects=(LogSession(outcome=args["outcome"]),))


def _remind(_state: State, args: Mapping[str, str], _now: datetime, _facts: Facts) -> Done:
    return Done(effects=(Remind(name=args["name"], after=REMINDERS[args["name"]]),))


def _speak_as(_state: State, args: Mapping[str, str], _now: datetime, _facts: Facts) -> Done:
    return Done(role=Role(args["role"]))


def _stay_with_bot(_state: State, _args: Mapping[str, str], _now: datetime, _facts: Facts) -> Done:
    return Done(mode=Mode.BOT)


def _forget(state: State, _args: Mapping[str, str], _now: datetime, facts: Facts) -> Done:
    """With something grave open a person decides; nothing is destroyed by a word alone (seguridad §4)."""
    if state.alert >= Alert.URGENT:
        request = RequestHuman(reason="forget_in_crisis", alert=state.alert)
        return Done(effects=(request, LogSession(outcome="forget_asked")))
    after = timedelta(days=int(facts.figures[_FORGET_DAYS].value))
    return Done(effects=(Forget(after=after), LogSession(outcome="forget_asked")), forgetting=True)


def _note_consent(state: State, args: Mapping[str, str], _now: datetime, facts: Facts) -> Done:
    """``whom`` is the slot that holds the institution; what is not in the directory can be told to nobody."""
    whom = state.slots.get(args["whom"]) if "whom" in args else None
    if "whom" in args and whom not in facts.directory.services:
        return Done()
    note = NoteConsent(
        layer=args["layer"],
        answer=args["answer"],
        text=args["text"],
        institution=whom if isinstance(whom, str) else None,
    )
    return Done(effects=(note,))


def _log_helped(state: State, _args: Mapping[str, str], _now: datetime, _facts: Facts) -> Done:
    answer = state.slots.get(HELPED)
    return Done(effects=(LogSession(helped=answer),) if isinstance(answer, str) else ())


_LOCKS = {"left": (Phone.LEFT, "exit"), "unsafe": (Phone.UNSAFE, "unsafe"), "forgotten": (Phone.LEFT, None)}
_ALERTS = tuple(alert.word for alert in Alert if alert)

ACTIONS: Mapping[str, Action] = {
    "action_lock_phone": Action(run=_lock_phone, args={"state": Arg(values=tuple(_LOCKS))}),
    "action_stop": Action(run=_stop),
    "action_forget": Action(run=_forget),
    "action_resolve_municipality": Action(run=_resolve_municipality, fills=(MUNICIPALITY_KIND,)),
    "action_request_human": Action(
        run=_request_human,
        args={
            "reason": Arg(values=tuple(sorted(REASONS))),
            "alert": Arg(values=_ALERTS, optional=True),
            "waits": Arg(values=("yes",), optional=True),
        },
    ),
    "action_speak_as": Action(run=_speak_as, args={"role": Arg(values=tuple(Role))}),
    "action_stay_with_bot": Action(run=_stay_with_bot),
    "action_log": Action(run=_log, args={"outcome": Arg(values=tuple(sorted(OUTCOMES)))}),
    "action_note_consent": Action(
        run=_note_consent,
        args={
            "layer": Arg(values=LAYERS),
            "answer": Arg(values=CONSENTS),
            "text": Arg(values=CONSENT_TEXTS),
            "whom": Arg(values=("share_with", "veto"), optional=True),
        },
    ),
    "action_log_helped": Action(run=_log_helped),
    "action_remind": Action(run=_remind, args={"name": Arg(values=tuple(REMINDERS))}),
}
