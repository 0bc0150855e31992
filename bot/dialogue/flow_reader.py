"""A flow out of a content file: how it begins, its steps, and where each of them goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.content import LINE, instead, line_of
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
    SetSlots,
    Step,
    Trigger,
)
from bot.dialogue.reader import Reader
from bot.messages import Alert
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


class FlowReader(Reader):
    """The shapes of a flow."""

    def flow(self, name: str, raw: Any, line: int) -> Flow:
        row = self.mapping(raw, line, name, known={"description", "nlu_trigger", "topic", "returns", "steps"})
        line = row[LINE]
        steps: dict[str, Step] = {}
        self.steps(name, row.get("steps", []), line_of(row, "steps", line), END, steps)
        begun = line_of(row, "nlu_trigger", line)
        begins = self.list(row.get("nlu_trigger", []), begun, f"{name}: nlu_trigger")
        triggers = tuple(self.trigger(name, item, begun) for item in begins)
        topic = row.get("topic")
        return Flow(
            name=name,
            description=self.text_of(row, "description", name),
            steps=steps,
            first=next(iter(steps)),
            triggers=triggers,
            topic=None if topic is None else self.text_of(row, "topic", name),
            returns=self.flag(row.get("returns", False), line_of(row, "returns", line), f"{name}: returns"),
            where=self.at(line, row),
        )

    def trigger(self, name: str, raw: Any, line: int) -> Trigger:
        row = self.mapping(raw, line, f"{name}: nlu_trigger", known={"intent", "alert", "kinds", "said", "told"})
        line = row[LINE]
        said = tuple(plain(phrase) for phrase in self.texts(row, "said", f"{name}: said"))
        intent = row.get("intent")
        alert, told = (self.alert(name, row.get(key, "none"), line_of(row, key, line)) for key in ("alert", "told"))
        kinds = frozenset(self.texts(row, "kinds", f"{name}: kinds"))
        if intent is None and not said and not kinds:
            raise self.wrong(f"{name}: un comienzo lleva «intent», «kinds» o «said»; agregue uno", line)
        return Trigger(
            intent=None if intent is None else self.text_of(row, "intent", name),
            alert=alert,
            kinds=kinds,
            said=said,
            told=told,
        )

    def alert(self, name: str, word: Any, line: int) -> Alert:
        alerts = {alert.word: alert for alert in Alert}
        if word not in alerts:
            raise self.wrong(f"{name}: no hay una alerta «{word}»; {instead(word, alerts)}", line)
        return alerts[word]

    def steps(self, flow: str, rows: Any, line: int, after: str | None, into: dict[str, Step]) -> str:
        """Add the steps and return the first one's id. ``after`` is where the last goes; None: it must say so."""
        raw = [self.mapping(row, line, f"{flow}: un paso") for row in self.list(rows, line, f"{flow}: steps")]
        base = f"{len(into)}_" if into else ""
        ids = [self._step_id(flow, row, base, number) for number, row in enumerate(raw)]
        if not ids:
            raise self.wrong(f"{flow}: faltan los pasos; escriba al menos uno con «-»", line)
        for step_id, row in zip(ids, raw, strict=True):
            if step_id in into or ids.count(step_id) > 1:
                problem = f"{flow}: hay dos pasos «{step_id}»; cambie el «id» de uno"
                raise self.wrong(problem, line_of(row, "id", row[LINE]))
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
            if len(kinds) > 1:
                problem = (
                    f"{flow}: un paso hace una sola cosa; deje «{kinds[0]}» o «{kinds[1]}» y pase el otro a su renglón"
                )
                raise self.wrong(problem, line_of(row, kinds[1], row[LINE]))
            written = next((key for key in row if key not in (LINE, "id")), "")
            raise self.wrong(f"{flow}: el paso no dice qué hace; {instead(written, _STEP_KINDS)}", row[LINE])
        named = row.get("id")
        if named is not None:
            return self.text_of(row, "id", flow)
        what = row.get(kinds[0])
        return f"{base}{number}_{what if isinstance(what, str) else kinds[0]}"

    def _step(self, flow: str, step_id: str, row: Mapping[str, Any], then: str | None, into: dict[str, Step]) -> Step:
        line = row[LINE]
        kind = next((kind for kind in _STEP_KINDS if kind in row), "noop")
        if kind == "link" and "next" in row:
            problem = f"{flow}: después de «link» no sigue nada; quite «next»"
            raise self.wrong(problem, line_of(row, "next", line))
        self.mapping(row, line, f"{flow}: un paso «{kind}»", known={"id", "next", kind} | _STEP_KEYS[kind])
        where = self.at(line, row)
        if kind == "link":
            return Link(id=step_id, flow=self.text_of(row, "link", flow), where=where)
        following = self._next(flow, row, then, into)
        match kind:
            case "collect":
                slot = self.text_of(row, "collect", flow)
                utter = self.text_of(row, "utter", flow) if "utter" in row else f"utter_ask_{slot}"
                always = self.flag(row.get("always", False), line_of(row, "always", line), f"{flow}: always")
                return Collect(id=step_id, slot=slot, utter=utter, always=always, next=following, where=where)
            case "action":
                args = dict(self._args(flow, row.get("args", {LINE: line}), line_of(row, "args", line)))
                name = self.text_of(row, "action", flow)
                return Act(id=step_id, action=name, args=args, next=following, where=where)
            case "set_slots":
                slots = dict(self._settings(flow, row["set_slots"], line_of(row, "set_slots", line)))
                return SetSlots(id=step_id, slots=slots, next=following, where=where)
            case "call":
                return Call(id=step_id, flow=self.text_of(row, "call", flow), next=following, where=where)
            case "follow":
                return Follow(id=step_id, next=following, where=where)
            case _:
                return Branch(id=step_id, next=following, where=where)

    def _args(self, flow: str, raw: Any, line: int) -> Iterator[tuple[str, str]]:
        for key, value in self.pairs(raw, line, f"{flow}: args"):
            yield key, self.text(value, line_of(raw, key, line), f"{flow}: {key}")

    def _settings(self, flow: str, raw: Any, line: int) -> Iterator[tuple[str, str | bool | None]]:
        for item in self.list(raw, line, f"{flow}: set_slots"):
            for slot, value in self.pairs(item, line, f"{flow}: set_slots"):
                if value is not None and not isinstance(value, str | bool):
                    problem = f"{flow}: «{slot}» se llena con un texto entre comillas, true, false o null; escriba uno"
                    raise self.wrong(problem, line_of(item, slot, line))
                yield slot, value

    def _next(self, flow: str, row: Mapping[str, Any], then: str | None, into: dict[str, Step]) -> Next:
        line = row[LINE]
        raw = row.get("next")
        if raw is None:
            if then is None:
                problem = f"{flow}: el último paso de un «then» o «else» debe decir a dónde sigue; agregue «next:»"
                raise self.wrong(problem, line)
            return (Choice(then=then),)
        if isinstance(raw, str):
            return (Choice(then=raw),)
        choices: list[Choice] = []
        at = line_of(row, "next", line)
        for item in self.list(raw, at, f"{flow}: next"):
            part = self.mapping(item, at, f"{flow}: next", known={"if", "then", "else"})
            if ("else" in part) is bool({"if", "then"} & set(part)) or ("if" in part) is not ("then" in part):
                raise self.wrong(f"{flow}: un camino lleva «if» y «then», o solo «else»; corríjalo", part[LINE])
            if choices and choices[-1].condition is None:
                raise self.wrong(f"{flow}: después de «else» no sigue nada; póngalo de último", part[LINE])
            key = "else" if "else" in part else "then"
            target, here = part[key], line_of(part, key, part[LINE])
            step = target if isinstance(target, str) else self.steps(flow, target, here, None, into)
            condition = self.condition(part["if"], line_of(part, "if", part[LINE])) if "if" in part else None
            choices.append(Choice(then=step, condition=condition))
        if not choices or choices[-1].condition is not None:
            problem = f"{flow}: falta el camino para todo lo demás; agregue «- else:» al final de «next»"
            raise self.wrong(problem, at)
        return tuple(choices)
