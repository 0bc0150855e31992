"""The phone's lock does not depend on content being right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.dialogue.effects import Remind, Say
from bot.dialogue.engine import advance
from bot.dialogue.load import load_book
from bot.dialogue.lock import phone_now, sayable
from bot.dialogue.state import Event, Phone, State
from bot.messages import Button, Reply
from tests.dialogue.editing import edited
from tests.dialogue.pure import understand

_NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def _say(name: str) -> Say:
    return Say(reply=Reply(text="...", buttons=(Button(title="Sí", payload="/affirm"),)), response=name)


def test_a_locked_phone_gets_last_words_alone_and_without_choices() -> None:
    kept = sayable(
        Phone.LEFT,
        [_say("utter_close"), _say("utter_exit"), Remind(name="crisis_silence", after=timedelta(1))],
    )
    assert kept == (Say(reply=Reply(text="..."), response="utter_exit", parting=True),)


def test_an_unknown_phone_is_not_told_what_a_safe_one_is() -> None:
    says = [_say("utter_control_is_violence"), _say("utter_ask_safe_now")]
    assert [say.response for say in sayable(Phone.UNKNOWN, says) if isinstance(say, Say)] == ["utter_ask_safe_now"]
    assert sayable(Phone.SAFE, says) == tuple(says)


def test_a_safe_phone_is_unknown_after_twelve_hours_and_a_locked_one_stays_locked() -> None:
    safe = State(phone=Phone.SAFE, heard_at=_NOW)
    assert phone_now(safe, _NOW + timedelta(hours=11, minutes=59)) is Phone.SAFE
    assert phone_now(safe, _NOW + timedelta(hours=12)) is Phone.UNKNOWN
    left = State(phone=Phone.LEFT, heard_at=_NOW)
    assert phone_now(left, _NOW + timedelta(days=30)) is Phone.LEFT


def test_content_that_speaks_too_early_is_not_said(tmp_path: Path) -> None:
    slip = "      - action: utter_doors\n      - collect: call_for_me\n"
    book = load_book(edited(tmp_path, "danger.yml", "      - collect: call_for_me\n", slip))
    heard = understand(book, "me esta tumbando la puerta", None, None)
    turn = advance(book, State(), Event(now=_NOW, text="me esta tumbando la puerta", understanding=heard))
    assert [effect.response for effect in turn.effects if isinstance(effect, Say)] == ["utter_ask_call_for_me"]


def test_content_that_says_only_what_it_may_not_falls_back_to_the_neutral_question(tmp_path: Path) -> None:
    flows = edited(tmp_path, "danger.yml", "      - action: utter_watched\n", "      - action: utter_doors\n")
    slip = "        args: {reason: watched, alert: urgent}\n      - action: utter_doors\n        next: END\n"
    here = "        args: {reason: watched, alert: urgent}\n      - action: utter_doors\n"
    flows = edited(tmp_path, "danger.yml", here, slip)
    book = load_book(flows)
    heard = understand(book, "el esta aqui no puedo hablar", None, None)
    turn = advance(book, State(), Event(now=_NOW, text="el esta aqui no puedo hablar", understanding=heard))
    assert [effect.response for effect in turn.effects if isinstance(effect, Say)] == ["utter_ask_safe_now"]


def test_content_that_talks_on_after_a_lock_is_not_said(tmp_path: Path) -> None:
    slip = "      - action: utter_close\n      - id: leave_quietly\n"
    flows = edited(tmp_path, "opening.yml", "      - id: leave_quietly\n", slip)
    book = load_book(
        edited(tmp_path, "opening.yml", "          - else: leave_quietly", "          - else: 1_utter_close")
    )
    asked = advance(book, State(), Event(now=_NOW, text="hola"))
    turn = advance(book, asked.state, Event(now=_NOW, payload='/inform{"safe_now": "not_now"}'))
    assert flows.exists()
    assert turn.state.phone is Phone.UNSAFE
    assert not [effect for effect in turn.effects if isinstance(effect, Say)]
