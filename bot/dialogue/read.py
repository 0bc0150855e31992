"""One content file, from YAML to types; whatever is not known is an error with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.content import LINE, read_yaml
from bot.dialogue.condition import Compare, Every, Literal, Name
from bot.dialogue.flow import (
    END,
    Act,
    Branch,
    Call,
    Choice,
    Collect,
    Flow,
    Follow,
    Link,
    Next,
    Response,
    SetSlots,
    Slot,
    SlotKind,
    Step,
    Trigger,
    Variant,
    WordRule,
)
from bot.dialogue.reader import Reader, refuse_duplicates
from bot.messages import Alert, Button
from bot.spelling import plain

_STEP_KINDS = ("collect", "action", "set_slots", "call", "link", "follow", "noop")
_STEP_KEYS = {
    "collect": {"utter", "always"},
    "action": {"args"},
    "set_slots": set(),
    "call": set(),
    "link": set(),
    "follow": set(),
    "noop": set(),
}
_CHANNELS, _PHRASES, _NAMES = ("whatsapp", "sms"), ("words", "said", "anywhere"), ("intents", "kinds")
_SLOT_KEYS = {"type", "values", "alarm", "lapses", *_PHRASES, *_NAMES}
#: Whoever said so, or chose it: she is spoken to as "tú" from then on.
IS_MINOR = Compare(left=Name(name="slots.child_who"), mark="=", right=Literal(value="self"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFile:
    """What one file holds."""

    slots: tuple[Slot, ...]
    responses: tuple[Response, ...]
    flows: tuple[Flow, ...]


def read_topic(path: Path) -> TopicFile:
    """Read a file of slots, responses and flows; raises ``ContentError`` with file and line."""
    refuse_duplicates(path)
    reader = _Topic(path.name)
    content = reader.mapping(read_yaml(path), 1, "a content file", known={"slots", "responses", "flows"})
    return TopicFile(
        slots=tuple(reader.slot(name, row, line) for name, row, line in reader.named(content, "slots")),
        responses=tuple(reader.response(name, row, line) for name, row, line in reader.named(content, "responses")),
        flows=tuple(reader.flow(name, row, line) for name, row, line in reader.named(content, "flows")),
    )


def read_word_rules(path: Path) -> tuple[tuple[WordRule, ...], tuple[WordRule, ...]]:
    """The words that no text may hold, and those that a first line may not; each with its reason."""
    reader = _Topic(path.name)
    content = reader.mapping(read_yaml(path), 1, "a list of words", known={"forbidden", "betraying"})
    return tuple(reader.word_rules(content, "forbidden")), tuple(reader.word_rules(content, "betraying"))


class _Topic(Reader):
    """The shapes of a topic file."""

    def slot(self, name: str, raw: Any, line: int) -> Slot:
        row = self.mapping(raw, line, name, known=_SLOT_KEYS)
        try:
            kind = SlotKind(str(row.get("type")))
        except ValueError:
            raise self.wrong(f"{name}: type must be one of {', '.join(SlotKind)}", line) from None
        values = tuple(self.text(value, line, f"{name}: a value") for value in self.list(row.get("values", []), line))
        if (kind is SlotKind.CATEGORICAL) is not bool(values):
            raise self.wrong(f"{name}: values belong to a categorical slot, and to it alone", line)
        phrases = {key: dict(self.means(row.get(key, {}), line, f"{name}: {key}")) for key in _PHRASES}
        names = {key: dict(self.means(row.get(key, {}), line, f"{name}: {key}", plainly=False)) for key in _NAMES}
        for value in (value for means in (*phrases.values(), *names.values()) for value in means.values()):
            if value not in values:
                raise self.wrong(f"{name} has no value {value!r}", line)
        alarm, lapses = (self.flag(row.get(key, False), line, f"{name}: {key}") for key in ("alarm", "lapses"))
        where = self.at(line)
        return Slot(name=name, kind=kind, values=values, alarm=alarm, lapses=lapses, where=where, **phrases, **names)

    def means(self, raw: Any, line: int, what: str, *, plainly: bool = True) -> Iterator[tuple[str, str]]:
        """Plain phrase (or a name as it is) -> the value that it means."""
        for value, phrases in self.pairs(raw, line, what):
            for phrase in self.list(phrases, line):
                text = self.text(phrase, line, f"{what}: one that means {value!r}")
                yield plain(text) if plainly else text, value

    def response(self, name: str, raw: Any, line: int) -> Response:
        if not name.startswith("utter_"):
            raise self.wrong(f"a response's name begins with utter_, not {name!r}", line)
        variants = tuple(one for row in self.list(raw, line) for one in self.variants(name, row, line))
        if not variants:
            raise self.wrong(f"{name} says nothing", line)
        return Response(name=name, variants=variants, where=variants[0].where)

    def variants(self, name: str, raw: Any, line: int) -> Iterator[Variant]:
        """One wording; with ``tu`` before it the same for whoever is a minor (seguridad §5)."""
        row = self.mapping(raw, line, name, known={"text", "tu", "buttons", "typed", "channel", "condition"})
        line = row[LINE]
        said = self.variant(name, row, line)
        if "tu" in row:
            to_a_minor = IS_MINOR if said.condition is None else Every(parts=(said.condition, IS_MINOR))
            yield replace(said, text=self.text(row["tu"], line, f"{name}: tu").strip(), condition=to_a_minor)
        yield said

    def variant(self, name: str, row: Mapping[str, Any], line: int) -> Variant:
        channel = row.get("channel")
        if channel not in (None, *_CHANNELS):
            raise self.wrong(f"{name}: channel is one of {', '.join(_CHANNELS)}", line)
        shown = row.get("buttons", [])
        return Variant(
            text=self.text(row.get("text"), line, f"{name}: text").strip(),
            buttons=() if shown == "candidates" else self.buttons(name, shown, line),
            typed=self.buttons(name, row.get("typed", []), line),
            candidates=shown == "candidates",
            channel=channel,
            condition=self.condition(row["condition"], line) if "condition" in row else None,
            where=self.at(line),
        )

    def buttons(self, name: str, raw: Any, line: int) -> tuple[Button, ...]:
        found: list[Button] = []
        for item in self.list(raw, line):
            row = self.mapping(item, line, name, known={"title", "payload"})
            title, payload = row.get("title"), row.get("payload")
            found.append(
                Button(
                    title=self.text(title, row[LINE], f"{name}: title"),
                    payload=self.text(payload, row[LINE], f"{name}: payload"),
                )
            )
        return tuple(found)

    def flow(self, name: str, raw: Any, line: int) -> Flow:
        row = self.mapping(raw, line, name, known={"description", "nlu_trigger", "topic", "returns", "steps"})
        line = row[LINE]
        steps: dict[str, Step] = {}
        self.steps(name, self.list(row.get("steps", []), line), line, END, steps)
        if not steps:
            raise self.wrong(f"{name} has no steps", line)
        triggers = tuple(self.trigger(name, item, line) for item in self.list(row.get("nlu_trigger", []), line))
        topic = row.get("topic")
        return Flow(
            name=name,
            description=self.text(row.get("description"), line, f"{name}: description"),
            steps=steps,
            first=next(iter(steps)),
            triggers=triggers,
            topic=None if topic is None else self.text(topic, line, f"{name}: topic"),
            returns=self.flag(row.get("returns", False), line, f"{name}: returns"),
            where=self.at(line),
        )

    def trigger(self, name: str, raw: Any, line: int) -> Trigger:
        row = self.mapping(raw, line, name, known={"intent", "alert", "kinds", "said", "told"})
        line = row[LINE]
        said = tuple(plain(self.text(item, line, f"{name}: said")) for item in self.list(row.get("said", []), line))
        intent = row.get("intent")
        alert, told = (self.alert(name, row.get(key, "none"), line) for key in ("alert", "told"))
        kinds = frozenset(self.text(item, line, f"{name}: kinds") for item in self.list(row.get("kinds", []), line))
        if intent is None and not said and not kinds:
            raise self.wrong(f"{name}: a trigger needs an intent, kinds, or words that are said", line)
        return Trigger(
            intent=None if intent is None else self.text(intent, line, f"{name}: intent"),
            alert=alert,
            kinds=kinds,
            said=said,
            told=told,
        )

    def alert(self, name: str, word: Any, line: int) -> Alert:
        alerts = {alert.word: alert for alert in Alert}
        if word not in alerts:
            raise self.wrong(f"{name}: alert is one of {', '.join(alerts)}", line)
        return alerts[word]

    def steps(self, flow: str, rows: Sequence[Any], line: int, after: str | None, into: dict[str, Step]) -> str:
        """Add the steps and return the first one's id. ``after`` is where the last goes; None: it must say so."""
        raw = [self.mapping(row, line, f"{flow}: a step") for row in rows]
        base = f"{len(into)}_" if into else ""
        ids = [self._step_id(flow, row, base, number) for number, row in enumerate(raw)]
        if not ids:
            raise self.wrong(f"{flow}: steps are missing", line)
        for step_id, row in zip(ids, raw, strict=True):
            if step_id in into or ids.count(step_id) > 1:
                raise self.wrong(f"{flow}: the step {step_id!r} stands twice", row[LINE])
        following: list[str | None] = [*ids[1:], after]
        for step_id, row, then in zip(ids, raw, following, strict=True):
            # The place is taken first: nested steps follow the step that they belong to.
            into[step_id] = Branch(id=step_id, next=(), where=self.at(row[LINE]))
            into[step_id] = self._step(flow, step_id, row, then, into)
        return ids[0]

    def _step_id(self, flow: str, row: Mapping[str, Any], base: str, number: int) -> str:
        kinds = [kind for kind in _STEP_KINDS if kind in row]
        if not kinds and "next" in row:
            kinds = ["noop"]
        if len(kinds) != 1:
            raise self.wrong(f"{flow}: a step is exactly one of {', '.join(_STEP_KINDS)}", row[LINE])
        named = row.get("id")
        if named is not None:
            return self.text(named, row[LINE], f"{flow}: id")
        what = row.get(kinds[0])
        return f"{base}{number}_{what if isinstance(what, str) else kinds[0]}"

    def _step(self, flow: str, step_id: str, row: Mapping[str, Any], then: str | None, into: dict[str, Step]) -> Step:
        line = row[LINE]
        kind = next((kind for kind in _STEP_KINDS if kind in row), "noop")
        if unknown := set(row) - {"id", "next", kind, LINE} - _STEP_KEYS[kind]:
            raise self.wrong(f"{flow}: {min(unknown)!r} is not known in a step {kind!r}", line)
        if kind == "link":
            if "next" in row:
                raise self.wrong(f"{flow}: nothing comes after a link", line)
            return Link(id=step_id, flow=self.text(row["link"], line, f"{flow}: link"), where=self.at(line))
        following = self._next(flow, row, then, into)
        where = self.at(line)
        match kind:
            case "collect":
                slot = self.text(row["collect"], line, f"{flow}: collect")
                utter = self.text(row.get("utter", f"utter_ask_{slot}"), line, f"{flow}: utter")
                always = self.flag(row.get("always", False), line, f"{flow}: always")
                return Collect(id=step_id, slot=slot, utter=utter, always=always, next=following, where=where)
            case "action":
                args = dict(self._args(flow, row.get("args", {}), line))
                name = self.text(row["action"], line, f"{flow}: action")
                return Act(id=step_id, action=name, args=args, next=following, where=where)
            case "set_slots":
                slots = dict(self._settings(flow, row["set_slots"], line))
                return SetSlots(id=step_id, slots=slots, next=following, where=where)
            case "call":
                return Call(id=step_id, flow=self.text(row["call"], line, f"{flow}: call"), next=following, where=where)
            case "follow":
                return Follow(id=step_id, next=following, where=where)
            case _:
                return Branch(id=step_id, next=following, where=where)

    def _args(self, flow: str, raw: Any, line: int) -> Iterator[tuple[str, str]]:
        for key, value in self.pairs(raw, line, f"{flow}: args"):
            yield key, self.text(value, line, f"{flow}: {key}")

    def _settings(self, flow: str, raw: Any, line: int) -> Iterator[tuple[str, str | bool | None]]:
        for item in self.list(raw, line):
            for slot, value in self.pairs(item, line, f"{flow}: set_slots"):
                if value is not None and not isinstance(value, str | bool):
                    raise self.wrong(f"{flow}: {slot} is set to a text, true, false or null", line)
                yield slot, value

    def _next(self, flow: str, row: Mapping[str, Any], then: str | None, into: dict[str, Step]) -> Next:
        line = row[LINE]
        raw = row.get("next")
        if raw is None:
            if then is None:
                raise self.wrong(f"{flow}: the last of nested steps must say what comes next", line)
            return (Choice(then=then),)
        if isinstance(raw, str):
            return (Choice(then=raw),)
        choices: list[Choice] = []
        for item in self.list(raw, line):
            part = self.mapping(item, line, f"{flow}: next", known={"if", "then", "else"})
            if ("else" in part) is bool({"if", "then"} & set(part)) or ("if" in part) is not ("then" in part):
                raise self.wrong(f"{flow}: a choice is if and then, or else", part[LINE])
            if choices and choices[-1].condition is None:
                raise self.wrong(f"{flow}: nothing comes after else", part[LINE])
            target = part["else"] if "else" in part else part["then"]
            step = target if isinstance(target, str) else self.steps(flow, self.list(target, line), line, None, into)
            condition = self.condition(part["if"], part[LINE]) if "if" in part else None
            choices.append(Choice(then=step, condition=condition))
        if not choices or choices[-1].condition is not None:
            raise self.wrong(f"{flow}: next needs an else, so that every path goes somewhere", line)
        return tuple(choices)

    def word_rules(self, content: Mapping[str, Any], key: str) -> Iterator[WordRule]:
        for item in self.list(content.get(key, []), 1):
            row = self.mapping(item, 1, key, known={"words", "reason", "unless"})
            line = row[LINE]
            words, reason = self.list(row.get("words"), line), self.text(row.get("reason"), line, "reason")
            unless = tuple(self.text(phrase, line, "unless") for phrase in self.list(row.get("unless", []), line))
            for word in words:
                said = self.text(word, line, f"{key}: words")
                yield WordRule(word=said, reason=reason, unless=unless, where=self.at(line))
