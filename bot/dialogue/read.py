"""One content file, from YAML to types; whatever is not known is an error with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.content import LINE, instead, line_of, read_yaml
from bot.dialogue.condition import Compare, Every, Literal, Name
from bot.dialogue.flow import Flow, Response, Slot, SlotKind, Variant, WordRule
from bot.dialogue.flow_reader import FlowReader
from bot.dialogue.reader import refuse_duplicates
from bot.messages import Button
from bot.spelling import plain

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
    content = reader.mapping(read_yaml(path), 1, "el archivo", known={"slots", "responses", "flows"})
    return TopicFile(
        slots=tuple(reader.slot(name, row, line) for name, row, line in reader.named(content, "slots")),
        responses=tuple(reader.response(name, row, line) for name, row, line in reader.named(content, "responses")),
        flows=tuple(reader.flow(name, row, line) for name, row, line in reader.named(content, "flows")),
    )


def read_word_rules(path: Path) -> tuple[tuple[WordRule, ...], tuple[WordRule, ...]]:
    """The words that no text may hold, and those that a first line may not; each with its reason."""
    reader = _Topic(path.name)
    content = reader.mapping(read_yaml(path), 1, "el archivo", known={"forbidden", "betraying"})
    return tuple(reader.word_rules(content, "forbidden")), tuple(reader.word_rules(content, "betraying"))


class _Topic(FlowReader):
    """The shapes of a topic file."""

    def slot(self, name: str, raw: Any, line: int) -> Slot:
        row = self.mapping(raw, line, name, known=_SLOT_KEYS)
        try:
            kind = SlotKind(str(row.get("type")))
        except ValueError:
            problem = f"{name}: «type» no es una clase de dato; {instead(row.get('type', ''), SlotKind)}"
            raise self.wrong(problem, line_of(row, "type", line)) from None
        values = self.texts(row, "values", f"{name}: values")
        if (kind is SlotKind.CATEGORICAL) is not bool(values):
            problem = f"{name}: un dato «categorical» lleva «values», y los demás no; agréguela o quítela"
            raise self.wrong(problem, line_of(row, "values", line))
        phrases = {key: dict(self.means(row, key, name, values)) for key in _PHRASES}
        names = {key: dict(self.means(row, key, name, values, plainly=False)) for key in _NAMES}
        alarm, lapses = (self.flag(row.get(key, False), line, f"{name}: {key}") for key in ("alarm", "lapses"))
        where = self.at(line)
        return Slot(name=name, kind=kind, values=values, alarm=alarm, lapses=lapses, where=where, **phrases, **names)

    def means(
        self, slot: Mapping[str, Any], key: str, name: str, values: Sequence[str], *, plainly: bool = True
    ) -> Iterator[tuple[str, str]]:
        """Plain phrase (or a name as it is) -> the value that it means."""
        row = self.mapping(slot.get(key, {LINE: slot[LINE]}), line_of(slot, key, slot[LINE]), f"{name}: {key}")
        for value in row:
            if value == LINE:
                continue
            if value not in values:
                problem = f"{name}: {key}: no hay un valor «{value}»; {instead(value, values)}"
                raise self.wrong(problem, line_of(row, value, row[LINE]))
            for text in self.texts(row, value, f"{name}: {key}: {value}"):
                yield plain(text) if plainly else text, value

    def response(self, name: str, raw: Any, line: int) -> Response:
        if not name.startswith("utter_"):
            raise self.wrong(f"{name}: el nombre de un texto empieza por «utter_»; escriba «utter_{name}»", line)
        rows = self.list(raw, line, name)
        variants = tuple(one for row in rows for one in self.variants(name, row, line))
        if not variants:
            raise self.wrong(f"{name}: no dice nada; escriba debajo «- text:» con su texto", line)
        return Response(name=name, variants=variants, where=self.at(rows[0][LINE]))

    def variants(self, name: str, raw: Any, line: int) -> Iterator[Variant]:
        """One wording; with ``tu`` before it the same for whoever is a minor (seguridad §5)."""
        row = self.mapping(raw, line, name, known={"text", "tu", "buttons", "typed", "channel", "condition"})
        line = row[LINE]
        said = self.variant(name, row, line)
        if "tu" in row:
            to_a_minor = IS_MINOR if said.condition is None else Every(parts=(said.condition, IS_MINOR))
            told = self.spoken(row, "tu", name)
            at = line_of(row, "tu", line)
            where = replace(said.where, line=at, parts={**said.where.parts, "text": at})
            yield replace(said, text=told, condition=to_a_minor, where=where)
        yield said

    def variant(self, name: str, row: Mapping[str, Any], line: int) -> Variant:
        channel = row.get("channel")
        if channel not in (None, *_CHANNELS):
            problem = f"{name}: no hay un canal «{channel}»; {instead(channel, _CHANNELS)}"
            raise self.wrong(problem, line_of(row, "channel", line))
        shown = row.get("buttons", [])
        return Variant(
            text=self.spoken(row, "text", name),
            buttons=() if shown == "candidates" else self.buttons(name, row, "buttons"),
            typed=self.buttons(name, row, "typed"),
            candidates=shown == "candidates",
            channel=channel,
            condition=self.condition(row["condition"], line_of(row, "condition", line)) if "condition" in row else None,
            where=self.at(line, row),
        )

    def spoken(self, row: Mapping[str, Any], key: str, name: str) -> str:
        """A text that is said; YAML takes a lone quotation mark for a letter of it."""
        text = self.text_of(row, key, name).strip()
        if '"' in text:
            problem = f"{name}: hay comillas sueltas; abra y cierre el texto con comillas, y adentro use «…»"
            raise self.wrong(problem, line_of(row, key, row[LINE]))
        return text

    def buttons(self, name: str, variant: Mapping[str, Any], key: str) -> tuple[Button, ...]:
        found: list[Button] = []
        line = line_of(variant, key, variant[LINE])
        for item in self.list(variant.get(key, []), line, f"{name}: {key}"):
            row = self.mapping(item, line, f"{name}: {key}", known={"title", "payload"})
            found.append(Button(title=self.text_of(row, "title", name), payload=self.text_of(row, "payload", name)))
        return tuple(found)

    def word_rules(self, content: Mapping[str, Any], key: str) -> Iterator[WordRule]:
        begun = line_of(content, key, 1)
        for item in self.list(content.get(key, []), begun, key):
            row = self.mapping(item, begun, key, known={"words", "reason", "unless"})
            reason, unless = self.text_of(row, "reason", key), self.texts(row, "unless", f"{key}: unless")
            for word in self.texts(row, "words", f"{key}: words"):
                yield WordRule(word=word, reason=reason, unless=unless, where=self.at(row[LINE]))
