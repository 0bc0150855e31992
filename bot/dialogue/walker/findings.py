"""What a walk proves, as problems where it fails: nothing missed, nothing breaks, an end and help are near."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.dialogue.effects import RequestHuman, Say
from bot.dialogue.flow import FlowBook, Where
from bot.dialogue.lint.problem import Problem, at
from bot.dialogue.lint.structure import HELP_WITHIN, ONE_LINE_ONLY
from bot.dialogue.patterns import NEAR_PLACE
from bot.dialogue.state import Mode, Passed, Phone, State
from bot.dialogue.walker.coverage import coverage
from bot.dialogue.walker.starts import DANGER
from bot.dialogue.walker.steps import EXIT, Place, Walked
from bot.messages import Alert

_EXIT, _BROKEN, _POLICE = "utter_exit", "utter_internal_error", "policia_123"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    to: Place
    helped: bool
    is_choice: bool


def findings(book: FlowBook, walked: Sequence[Walked]) -> list[Problem]:
    """Every place at which a promise of the walk does not hold, once each; none is what a good book gives."""
    found = {
        *(_missed(book, one) for one in coverage(book, walked).missed),
        *(problem for one in walked for problem in _turn(book, one)),
        *_ways(book, walked),
    }
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.text))


def _missed(book: FlowBook, one: Passed) -> Problem:
    step = book.flows[one.flow].steps[one.step]
    if one.arrow is None:
        return at(
            step.where, f"{one.flow}: por ningún botón ni palabra se llega al paso «{one.step}»; quítelo o lleve a él"
        )
    return at(
        step.where,
        f"{one.flow}: en el paso «{one.step}» nadie toma la flecha {one.arrow + 1}; quítela o corrija su condición",
    )


def _turn(book: FlowBook, one: Walked) -> Iterator[Problem]:
    said = [effect for effect in one.turn.effects if isinstance(effect, Say)]
    names, where, flow = [say.response for say in said], _where(book, one.state), _flow(one.state)
    if one.event.text == EXIT and one.state.phone is not Phone.LEFT:
        if one.turn.state.phone is not Phone.LEFT or names != [_EXIT]:
            yield at(where, f"{flow}: desde aquí «salir» no sale con una sola línea")
    elif one.event.text == DANGER:
        asked = [effect.alert for effect in one.turn.effects if isinstance(effect, RequestHuman)]
        is_told = any(_names_police(book, say) for say in said) or one.state.mode is Mode.HUMAN or _is_where(one.state)
        if Alert.EMERGENCY not in asked or not is_told:
            yield at(where, f"{flow}: desde aquí el peligro no recibe el 123 y una persona")
    elif _BROKEN in names and one.is_walked:
        yield at(where, f"{flow}: desde aquí algo se rompe («{one.event.payload or one.event.text}»)")


def _ways(book: FlowBook, walked: Iterable[Walked]) -> Iterator[Problem]:
    """From every place, by choices alone: an end, and help within two messages."""
    ways: dict[Place, list[_Way]] = {}
    states: dict[Place, State] = {}
    for one in walked:
        states.setdefault(one.leads_to, one.turn.state)
        if one.is_walked and one.event.text not in (EXIT, DANGER):
            ways.setdefault(one.place, []).append(_way(book, one))
    ends = {place for place, state in states.items() if not state.stack or state.phone.is_locked}
    chosen = {place: _chosen(out) for place, out in ways.items()}
    ending, far = _leading_to(ends, chosen), _distances(states, chosen)
    for place, state in states.items():
        where, flow = _where(book, state), _flow(state)
        if place not in ending and state.mode is Mode.BOT:
            yield at(where, f"{flow}: desde aquí ningún camino termina; dele una salida")
        waits = state.stack and not state.phone.is_locked and state.mode is Mode.BOT
        if waits and far.get(place, HELP_WITHIN + 1) > HELP_WITHIN and not _is_one_line(state):
            yield at(
                where, f"{flow}: desde aquí una persona o el 123 quedan a más de {HELP_WITHIN} mensajes; nómbrelos"
            )


def _way(book: FlowBook, one: Walked) -> _Way:
    return _Way(to=one.leads_to, helped=_helped(book, one), is_choice=one.event.payload is not None)


def _chosen(ways: Sequence[_Way]) -> Sequence[_Way]:
    """Where there are choices, they have to lead out: nobody should have to be misunderstood for that."""
    return [way for way in ways if way.is_choice] or ways


def _leading_to(ends: Collection[Place], ways: Mapping[Place, Sequence[_Way]]) -> set[Place]:
    found, grew = set(ends), True
    while grew:
        more = {place for place, out in ways.items() if place not in found and any(way.to in found for way in out)}
        found, grew = found | more, bool(more)
    return found


def _distances(places: Iterable[Place], ways: Mapping[Place, Sequence[_Way]]) -> Mapping[Place, int]:
    """Her messages to the nearest help, as far as is asked for."""
    far = {place: 1 for place in places if any(way.helped for way in ways.get(place, ()))}
    for distance in range(2, HELP_WITHIN + 1):
        near = {place for place, out in ways.items() if place not in far and any(way.to in far for way in out)}
        far |= dict.fromkeys(near, distance)
    return far


def _helped(book: FlowBook, one: Walked) -> bool:
    effects = one.turn.effects
    return any(isinstance(e, RequestHuman) or (isinstance(e, Say) and _names_police(book, e)) for e in effects)


def _names_police(book: FlowBook, say: Say) -> bool:
    return book.facts.lines[_POLICE].number in say.reply.text


def _is_where(state: State) -> bool:
    """She was told to dial and is asked where she is: another text would only keep her from writing it."""
    return bool(state.stack) and state.stack[-1].step.endswith(NEAR_PLACE)


def _is_one_line(state: State) -> bool:
    return any(state.stack[-1].step.endswith(slot) for slot in ONE_LINE_ONLY)


def _flow(state: State) -> str:
    return state.stack[-1].flow if state.stack else "sin conversación"


def _where(book: FlowBook, state: State) -> Where:
    frame = state.stack[-1] if state.stack else None
    if frame is not None and frame.flow in book.flows and frame.step in book.flows[frame.flow].steps:
        return book.flows[frame.flow].steps[frame.step].where
    return next(iter(book.flows.values())).where
