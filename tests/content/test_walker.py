"""Somebody who tries everything: every choice at every question, nonsense, the way out, and danger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from bot.dialogue.effects import RequestHuman, Say
from bot.dialogue.engine import advance
from bot.dialogue.flow import Collect
from bot.dialogue.state import Event, Mode, Phone, State, Turn
from bot.messages import Alert, MediaKind, Role, Understanding
from tests.dialogue.pure import the_book

_DAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
_BOOK = the_book()
_DANGER = Understanding(intent="imminent_danger", confidence=1.0, alert=Alert.EMERGENCY, by="screen")


def _choices(state: State, now: datetime) -> Iterator[Event]:
    for button in state.buttons:
        yield Event(now=now, payload=button.payload)
    for text in ("asdf qwer", ".", "ya llamé"):
        yield Event(now=now, text=text)
    yield Event(now=now, text="tuluá")
    yield Event(now=now, media=(MediaKind.IMAGE,))
    yield Event(now=now, media=(MediaKind.AUDIO,))


def _stories(now: datetime) -> Iterator[Event]:
    for flow in _BOOK.flows.values():
        for trigger in flow.triggers:
            intent, alert = trigger.intent or "unknown", trigger.alert
            heard = Understanding(intent=intent, confidence=1.0, alert=alert, by="screen", kinds=trigger.kinds)
            yield Event(now=now, text=" ".join(trigger.said[:1]) or "es que", understanding=heard)


def _place(state: State) -> tuple[object, ...]:
    """Two conversations that stand alike go on alike, but for what they may skip."""
    payloads = tuple(button.payload for button in state.buttons)
    knows = (state.remembered, "municipality" in state.slots, state.slots.get("told"))
    return (state.mode, state.phone, state.stack, payloads, min(state.misses, 4), *knows)


@cache
def _walk() -> tuple[tuple[State, Event, Turn], ...]:
    walked: list[tuple[State, Event, Turn]] = []
    for now in (_DAY, _DAY + timedelta(hours=11)):
        seen: set[tuple[object, ...]] = set()
        idle = State(phone=Phone.SAFE, heard_at=now)
        waiting = deque([(State(), True), (idle, True), (replace(idle, role=Role.BRIGADE), True)])
        while waiting:
            state, may_tell = waiting.popleft()
            for event in (*_choices(state, now), *(_stories(now) if may_tell else ())):
                turn = advance(_BOOK, state, event)
                walked.append((state, event, turn))
                after = replace(turn.state, pace=State().pace)
                if _place(after) not in seen:
                    seen.add(_place(after))
                    waiting.append((after, False))
    return tuple(walked)


def _said(turn: Turn) -> list[str]:
    return [effect.response for effect in turn.effects if isinstance(effect, Say)]


def test_no_way_through_the_flows_breaks() -> None:
    for state, event, turn in _walk():
        assert "utter_internal_error" not in _said(turn), (state.stack, event)


def test_every_question_of_every_flow_is_come_to() -> None:
    asked = {(frame.flow, frame.step) for _, _, turn in _walk() for frame in turn.state.stack}
    questions = {
        (flow.name, step.id)
        for flow in _BOOK.flows.values()
        for step in flow.steps.values()
        if isinstance(step, Collect)
    }
    assert questions - asked == set()


def test_every_response_is_said_to_somebody() -> None:
    said = {name for _, _, turn in _walk() for name in _said(turn)}
    # Commands, a deploy and an erasure are not choices; the nearest names need a place that nobody knows.
    elsewhere = {"utter_exit", "utter_stopped", "utter_forgotten", "utter_code_change", "utter_internal_error"}
    elsewhere |= {name for name in _BOOK.responses if name.startswith(("utter_forget", "utter_which", "utter_unknown"))}
    assert set(_BOOK.responses) - said - elsewhere == set()


def test_from_everywhere_one_word_leaves_and_nothing_follows() -> None:
    for state in {_place(turn.state): turn.state for _, _, turn in _walk()}.values():
        if state.phone is Phone.LEFT:
            continue
        turn = advance(_BOOK, state, Event(now=_DAY, text="salir"))
        assert turn.state.phone is Phone.LEFT
        assert _said(turn) == ["utter_exit"]
        assert not turn.state.slots


def test_from_everywhere_danger_is_answered_with_123_and_a_person() -> None:
    for state in {_place(turn.state): turn.state for _, _, turn in _walk()}.values():
        turn = advance(_BOOK, state, Event(now=_DAY, text="está tumbando la puerta", understanding=_DANGER))
        asked = [effect.alert for effect in turn.effects if isinstance(effect, RequestHuman)]
        assert Alert.EMERGENCY in asked
        texts = [effect.reply.text for effect in turn.effects if isinstance(effect, Say)]
        at_the_place = state.stack and state.stack[-1].step.endswith("near_place")
        assert any("123" in text for text in texts) or at_the_place or state.mode is Mode.HUMAN, (state.stack, texts)
