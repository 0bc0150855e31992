"""Conversations as YAML, played against any driver: the pure engine, or the whole service.

A file holds ``test_cases``; each has ``test_case`` (its name), ``area`` (which of the seventeen conversations of
``tests/areas.py`` it shows, one or a list), optionally ``at`` (when it begins, in the Valle's own time) and
``channel`` (whatsapp), and ``steps``:

=====================================  ==================================================================
``user: "hola"``                       she writes; ``understood: {intent, alert}`` is what the NLU says
``tap: "Sí"``                          she taps a choice that was shown, now or before
``payload: '/ask_human'``              a tap of anything
``media: audio`` / ``location: true``  she sends something without words
``after: 10m``                         time passes (``s``, ``m``, ``h``, ``d``); what is due fires
``fails: "63016"``                     a reply could not be delivered for good
``erase: true``                        an operator erases her
``utter: utter_ask_safe_now``          this was said, in any of its wordings
``bot: "Hola. ..."``                   exactly this was said
``silence: true`` / ``silence: exit``  nothing was said (and why)
``asks: danger``                       a person of the team was asked for, for this reason
``asks: null``                         nobody was asked for
``phone: unsafe``                      how the lock stands
``logged: {municipality: "76111"}``    what the session's row holds so far
``noted: share given comisaria``       this permission was noted (``count refused``: of no institution)
``noted: null``                        no permission was noted
=====================================  ==================================================================

Whatever is said has to be named: a turn's words that no ``utter`` or ``bot`` names fail the test, unless
the turn is followed by another of hers with no check between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import yaml

from bot.dialogue.flow import FlowBook
from bot.messages import Alert, MediaKind, Reply, Understanding

FOLDER = Path(__file__).parent.parent / "transcripts"
#: A Monday morning: psychologists answer.
OPEN = "2026-11-23 10:00"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ACTS = ("user", "tap", "payload", "media", "location", "after", "fails", "erase")
_CHECKS = ("utter", "bot", "silence", "asks", "phone", "logged", "noted")
_KEYS = {*_ACTS, *_CHECKS, "understood"}


class Driver(Protocol):
    """Whatever carries a conversation. ``said`` and ``asked`` speak of what came since the last thing she did."""

    async def begin(self, *, at: datetime, channel: str) -> None:
        """A new person, at that time."""

    async def user(
        self,
        text: str = "",
        *,
        payload: str | None = None,
        media: tuple[MediaKind, ...] = (),
        has_location: bool = False,
        understood: Understanding | None = None,
    ) -> None:
        """She writes, taps or sends; ``understood`` is the NLU's answer, None: it says ``unknown``."""

    async def after(self, by: timedelta) -> None:
        """Time passes; what is due fires."""

    async def fails(self, code: str) -> None:
        """A reply could not be delivered for good."""

    async def erase(self) -> None:
        """An operator erases her."""

    async def said(self) -> Sequence[Reply]:
        """The bubbles, in order."""

    async def asked(self) -> Sequence[str]:
        """The reasons for which a person of the team was asked."""

    async def silence(self) -> str | None:
        """The name of the silence, if the turn had one (or None if the driver cannot tell)."""

    async def phone(self) -> str:
        """How the lock stands."""

    async def logged(self) -> Mapping[str, object]:
        """The session's row: topics, municipality, zone, alert (word), outcome, helped."""

    async def noted(self) -> Sequence[str]:
        """The permissions: layer, answer and institution (if any) with a space between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One conversation to be played."""

    name: str
    file: str
    at: datetime
    areas: tuple[int, ...] = ()
    channel: str = "whatsapp"
    steps: tuple[Mapping[str, Any], ...] = field(repr=False)


def transcripts(folder: Path = FOLDER) -> list[Transcript]:
    """Every conversation of the folder, by file name."""
    found: list[Transcript] = []
    for path in sorted(folder.glob("*.yml")):
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))["test_cases"]:
            assert set(row) <= {"test_case", "area", "at", "channel", "steps"}, f"{path.name}: {set(row)}"
            for step in row["steps"]:
                assert set(step) <= _KEYS, f"{path.name}: {row['test_case']}: {step}"
            at = datetime.fromisoformat(str(row.get("at", OPEN))).replace(tzinfo=ZoneInfo("America/Bogota"))
            area = row.get("area", ())
            found.append(
                Transcript(
                    name=row["test_case"],
                    file=path.name,
                    at=at.astimezone(UTC),
                    areas=tuple(area) if isinstance(area, list) else (area,) if area else (),
                    channel=row.get("channel", "whatsapp"),
                    steps=tuple(row["steps"]),
                )
            )
    names = [transcript.name for transcript in found]
    assert len(set(names)) == len(names), "two conversations have the same name"
    return found


async def play(driver: Driver, book: FlowBook, transcript: Transcript) -> None:
    """Play a conversation and hold every check; an AssertionError names the step."""
    await driver.begin(at=transcript.at, channel=transcript.channel)
    shown: dict[str, str] = {}
    groups = list(_turns(transcript.steps))
    for number, (act, checks) in enumerate(groups, start=1):
        where = f"{transcript.file}: {transcript.name}, turn {number} ({act})"
        await _do(driver, act, shown, where)
        said = list(await driver.said())
        shown |= {button.title: button.payload for reply in said for button in reply.buttons}
        if checks:
            await _check(driver, book, checks, said, where)


def pattern(book: FlowBook, response: str) -> re.Pattern[str]:
    """What a response looks like in any of its wordings, whatever facts fill it."""
    variants = book.responses[response].variants
    ways = sorted((_as_pattern(variant.text) for variant in variants), key=len, reverse=True)
    return re.compile("|".join(ways))


def _turns(steps: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    act: Mapping[str, Any] | None = None
    checks: list[Mapping[str, Any]] = []
    for step in steps:
        if any(key in step for key in _ACTS):
            if act is not None:
                yield act, checks
            act, checks = step, []
        else:
            checks.append(step)
    assert act is not None
    yield act, checks


async def _do(driver: Driver, act: Mapping[str, Any], shown: Mapping[str, str], where: str) -> None:
    match act:
        case {"user": text}:
            await driver.user(text, understood=_understood(act))
        case {"tap": title}:
            assert title in shown, f"{where}: no such choice was ever shown: {sorted(shown)}"
            await driver.user(title, payload=shown[title])
        case {"payload": payload}:
            await driver.user(payload=payload)
        case {"media": kind}:
            await driver.user(media=(MediaKind(kind),))
        case {"location": True}:
            await driver.user(has_location=True)
        case {"after": much}:
            await driver.after(timedelta(**{_UNITS[much[-1]]: int(much[:-1])}))
        case {"fails": code}:
            await driver.fails(code)
        case {"erase": True}:
            await driver.erase()
        case _:
            raise AssertionError(f"{where}: unknown step")


async def _check(
    driver: Driver, book: FlowBook, checks: Sequence[Mapping[str, Any]], said: Sequence[Reply], where: str
) -> None:
    left = "\n\n".join(reply.text for reply in said)
    names_words = False
    for check in checks:
        match check:
            case {"utter": name}:
                names_words = True
                found = pattern(book, name).search(left)
                assert found, f"{where}: {name} was not said, but {left!r}"
                left = left[: found.start()] + left[found.end() :]
            case {"bot": text}:
                names_words = True
                assert text in left, f"{where}: {text!r} was not said, but {left!r}"
                left = left.replace(text, "", 1)
            case {"silence": reason}:
                names_words = True
                assert not said, f"{where}: silence was due, but {left!r}"
                name = await driver.silence()
                assert reason is True or name in (reason, None), f"{where}: silent because {name}, not {reason}"
            case {"asks": reason}:
                asked = await driver.asked()
                assert (reason in asked) if reason else not asked, f"{where}: asked for {asked}, not {reason}"
            case {"phone": state}:
                assert await driver.phone() == state, f"{where}: the phone is {await driver.phone()}"
            case {"logged": wanted}:
                row = await driver.logged()
                for key, value in wanted.items():
                    have = row.get(key)
                    fits = value in have if isinstance(have, list | tuple) else have == value
                    assert fits, f"{where}: {key} is {have!r}, not {value!r}"
            case {"noted": consent}:
                have_noted = await driver.noted()
                assert (consent in have_noted) if consent else not have_noted, f"{where}: noted {have_noted}"
            case _:
                raise AssertionError(f"{where}: unknown check {check}")
    assert not names_words or not left.strip(), f"{where}: also said {left.strip()!r}"


def _understood(act: Mapping[str, Any]) -> Understanding | None:
    said = act.get("understood")
    if said is None:
        return None
    alert = next(alert for alert in Alert if alert.word == said.get("alert", "none"))
    return Understanding(intent=said["intent"], confidence=said.get("confidence", 0.95), alert=alert, by="rasa")


def _as_pattern(text: str) -> str:
    return ".{1,200}".join(re.escape(part) for part in re.split(r"\{[^{}]*\}", text))
