"""The closed list of what a flow can do besides talking. Pure: each gives back what changes and what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.dialogue.agreement import Agreement, IfOther, Way
from bot.dialogue.contact import agree, next_time
from bot.dialogue.effects import Effect, Forget, LogSession, NoteConsent, Remind, RequestHuman, Seal
from bot.dialogue.facts import OUTSIDE, UNSAID, Facts, zone_of
from bot.dialogue.hour_said import band_called
from bot.dialogue.patterns import (
    AGREED_CONTACT,
    CONSENT_TEXTS,
    CONSENTS,
    CONTACT_BAND,
    CONTACT_OTHER,
    CONTACT_WAY,
    HELPED,
    LAYERS,
    MUNICIPALITY,
    MUNICIPALITY_KIND,
    OUTCOMES,
    REASONS,
    REMINDERS,
    fires_after,
)
from bot.dialogue.state import Event, Mode, Phone, State, Value
from bot.messages import Alert, Role
from bot.territory.directory import Band

_FORGET_DAYS, _CONTACT_DAYS = "forget_days", "contact_days"


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
    agreement: Agreement | None = None
    ends_agreement: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arg:
    """What an argument may be."""

    values: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action, its arguments and the slots that it fills."""

    run: Callable[[State, Mapping[str, str], Event, Facts], Done]
    args: Mapping[str, Arg] = field(default_factory=dict)
    fills: tuple[str, ...] = ()


def keep_contact(
    way: Way, band: Band, if_other: IfOther | None, *, event: Event, facts: Facts, municipality: Value = None
) -> Done:
    """Keep how she may be looked for, in what band, and come back when somebody is there in it next."""
    now = event.now
    days = int(facts.figures[_CONTACT_DAYS].value)
    agreement = agree(way, band, if_other, now=now, days=days)
    place = facts.territory.by_code.get(municipality) if isinstance(municipality, str) else None
    zone = place.zone if place else None
    at = next_time(band, facts, now, attended=event.attended, zone=zone)
    return Done(agreement=agreement, effects=(Remind(name=AGREED_CONTACT, after=at - now),) if at else ())


def _lock_phone(_state: State, args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    """``forgotten`` leaves the outcome as it is: she asked to be forgotten, which says more than that she left."""
    phone, outcome = _LOCKS[args["state"]]
    return Done(phone=phone, effects=(LogSession(outcome=outcome),) if outcome else ())


def _stop(_state: State, _args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    return Done(phone=Phone.LEFT, mode=Mode.STOPPED, effects=(LogSession(outcome="stopped"),))


def _resolve_municipality(state: State, _args: Mapping[str, str], _event: Event, facts: Facts) -> Done:
    code = state.slots.get(MUNICIPALITY)
    if not isinstance(code, str):
        return Done()
    kind = "outside" if code == OUTSIDE else "unsaid" if code == UNSAID else "valle"
    log = LogSession(municipality=code, zone=zone_of(facts, code))
    return Done(slots={MUNICIPALITY_KIND: kind}, effects=(log,))


def _request_human(state: State, args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    """``waits``: the bot makes room for the person, if one is there; else it stays, no queue is silent."""
    asked = next((alert for alert in Alert if alert.word == args.get("alert")), Alert.NONE)
    waits = args.get("waits") == "yes"
    return Done(
        mode=Mode.WAITING if waits else None,
        effects=(
            RequestHuman(reason=args["reason"], alert=max(asked, state.alert)),
            LogSession(outcome="handover" if waits else None, alert=asked or None),
        ),
        alert=asked,
    )


def _log(_state: State, args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    return Done(effects=(LogSession(outcome=args["outcome"]),))


def _remind(_state: State, args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    return Done(effects=(Remind(name=args["name"], after=fires_after(args["name"])),))


def _speak_as(_state: State, args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    return Done(role=Role(args["role"]))


def _stay_with_bot(_state: State, _args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    return Done(mode=Mode.BOT)


def _forget(state: State, _args: Mapping[str, str], _event: Event, facts: Facts) -> Done:
    """With something grave open a person decides; nothing is destroyed by a word alone (seguridad §4)."""
    if state.alert >= Alert.URGENT:
        request = RequestHuman(reason="forget_in_crisis", alert=state.alert)
        return Done(effects=(Seal(), request, LogSession(outcome="forget_asked")), ends_agreement=True)
    after = timedelta(days=int(facts.figures[_FORGET_DAYS].value))
    asked = LogSession(outcome="forget_asked")
    return Done(effects=(Seal(), Forget(after=after), asked), forgetting=True, ends_agreement=True)


def _agree_contact(state: State, _args: Mapping[str, str], event: Event, facts: Facts) -> Done:
    """Keep what she said, and come back at the band's next beginning; without all of it nothing is agreed."""
    way, said, other = (state.slots.get(name) for name in (CONTACT_WAY, CONTACT_BAND, CONTACT_OTHER))
    band = band_called(str(said), facts.hours.bands)
    if way not in list(Way) or band is None:
        return Done(ends_agreement=True)
    if_other = IfOther(other) if isinstance(other, str) else None
    where = state.slots.get(MUNICIPALITY)
    return keep_contact(Way(str(way)), band, if_other, event=event, facts=facts, municipality=where)


def _end_contact(_state: State, _args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    return Done(ends_agreement=True)


def _note_consent(state: State, args: Mapping[str, str], _event: Event, facts: Facts) -> Done:
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


def _log_helped(state: State, _args: Mapping[str, str], _event: Event, _facts: Facts) -> Done:
    answer = state.slots.get(HELPED)
    return Done(effects=(LogSession(helped=answer),) if isinstance(answer, str) else ())


_LOCKS = {"left": (Phone.LEFT, "exit"), "unsafe": (Phone.UNSAFE, "unsafe"), "forgotten": (Phone.LEFT, None)}
_ALERTS = tuple(alert.word for alert in Alert if alert)

ACTIONS: Mapping[str, Action] = {
    "action_lock_phone": Action(run=_lock_phone, args={"state": Arg(values=tuple(_LOCKS))}),
    "action_stop": Action(run=_stop),
    "action_forget": Action(run=_forget),
    "action_agree_contact": Action(run=_agree_contact),
    "action_end_contact": Action(run=_end_contact),
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
    "action_remind": Action(run=_remind, args={"name": Arg(values=REMINDERS)}),
}
