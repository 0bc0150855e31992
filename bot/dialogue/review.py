"""Who signed which text: the texts that nobody has signed as they stand, and signatures of texts that have changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.content import LINE, instead, line_of, read_yaml
from bot.dialogue.condition import Compare, Condition, Every, Literal, Name, Not, OneOf, Some
from bot.dialogue.facts import Facts
from bot.dialogue.fill import holes
from bot.dialogue.flow import FlowBook, Response, Variant, Where
from bot.dialogue.reader import Reader, refuse_duplicates

#: The file of signatures, beside the flows.
REVIEW = "review.yml"
#: What stands wherever the content is shown while a text is unsigned.
UNREVIEWED = "contenido sin revisar"
_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One hand: ``Signed(name="…", on=date(2026, 12, 1))``."""

    name: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What was signed of a response: its hash then, and by whom; one of the two may still be missing."""

    response: str
    hash: str
    psychologist: Signed | None = None
    legal: Signed | None = None
    where: Where


Review = tuple[Signature, ...]


def load_review(book: FlowBook, path: Path) -> Review:
    """Read who signed what; raises ``ContentError`` with file and line, also for an entry that names nothing."""
    refuse_duplicates(path)
    reader = _Signatures(path.name)
    content = reader.mapping(read_yaml(path), 1, "el archivo", known={"signatures"})
    return tuple(reader.signatures(book, content))


def hash_of(response: Response, facts: Facts) -> str:
    """Eight hexadecimal digits over what a person reads: wordings in order, choices, channel and condition.

    A figure enters with its value, since whoever signs «72 horas» signs the 72, and a door with the words of all
    doors; lines, hours and places enter by name, since they have a source and a date of their own.
    """
    read = [_read(variant, facts) for variant in response.variants]
    return hashlib.sha256(json.dumps(read, ensure_ascii=False).encode()).hexdigest()[:_DIGITS]


def signatures_of(response: Response, book: FlowBook, review: Review) -> tuple[Signature, ...]:
    """The signatures that stand under a response as it is worded now."""
    return tuple(one for one in review if one.response == response.name and one.hash == hash_of(response, book.facts))


def unsigned(book: FlowBook, review: Review) -> tuple[Response, ...]:
    """The responses that do not have both signatures as they are worded now, in the order of the files."""
    return tuple(
        response
        for response in sorted(book.responses.values(), key=lambda one: (one.where.file, one.where.line))
        if not _is_signed(signatures_of(response, book, review))
    )


def stale(book: FlowBook, review: Review) -> tuple[tuple[Signature, str], ...]:
    """Signatures of a wording that is no more, each with the hash of today's wording."""
    pairs = ((one, hash_of(book.responses[one.response], book.facts)) for one in review)
    return tuple((one, now) for one, now in pairs if one.hash != now)


def _is_signed(found: tuple[Signature, ...]) -> bool:
    return any(one.psychologist for one in found) and any(one.legal for one in found)


def _read(variant: Variant, facts: Facts) -> list[object]:
    text = variant.text
    for hole in holes(text):
        kind, _, key = hole.partition(".")
        if kind == "figures":
            text = text.replace("{" + hole + "}", f"{{{hole}={facts.figures[key].value}}}")
        elif kind == "door":
            text = text.replace("{" + hole + "}", f"{{{hole}={facts.directory.wording}}}")
    return [
        text,
        "candidates" if variant.candidates else [button.title for button in variant.buttons],
        [button.title for button in variant.typed],
        variant.channel,
        None if variant.condition is None else _written(variant.condition),
    ]


def _written(condition: Condition) -> object:
    """The condition in a shape that only a change of meaning changes."""
    match condition:
        case Literal(value=value):
            return value
        case Name(name=name):
            return [name]
        case Compare(left=left, mark=mark, right=right):
            return [mark, _written(left), _written(right)]
        case OneOf(left=left, values=values):
            return ["in", _written(left), *(value.value for value in values)]
        case Not(part=part):
            return ["not", _written(part)]
        case Every(parts=parts):
            return ["and", *map(_written, parts)]
        case Some(parts=parts):
            return ["or", *map(_written, parts)]


class _Signatures(Reader):
    """The shape of the file of signatures."""

    def signatures(self, book: FlowBook, content: Mapping[str, Any]) -> Iterator[Signature]:
        seen: set[tuple[str, str]] = set()
        for item in self.list(content.get("signatures"), line_of(content, "signatures", 1), "signatures"):
            found = self.signature(item, content[LINE])
            if found.response not in book.responses:
                raise self.wrong(
                    f"no hay un texto «{found.response}» que firmar; {instead(found.response, book.responses)}",
                    found.where.line,
                )
            if (key := (found.response, found.hash)) in seen:
                raise self.wrong(
                    f"la firma de {found.response} ({found.hash}) está dos veces; deje una, con los dos nombres",
                    found.where.line,
                )
            seen.add(key)
            yield found

    def signature(self, raw: Any, line: int) -> Signature:
        row = self.mapping(raw, line, "una firma", known={"response", "hash", "psychologist", "legal"})
        line = row[LINE]
        digits = self.text_of(row, "hash", "una firma")
        if len(digits) != _DIGITS or set(digits) - set("0123456789abcdef"):
            problem = f"la huella (hash) «{digits}» no está completa; copie las {_DIGITS} letras que trae el dibujo"
            raise self.wrong(problem, line_of(row, "hash", line))
        if not {"psychologist", "legal"} & set(row):
            raise self.wrong("no dice quién firma; agregue «psychologist», «legal» o los dos", line)
        return Signature(
            response=self.text_of(row, "response", "una firma"),
            hash=digits,
            psychologist=self.hand(row["psychologist"], line, "psychologist") if "psychologist" in row else None,
            legal=self.hand(row["legal"], line, "legal") if "legal" in row else None,
            where=self.at(line),
        )

    def hand(self, raw: Any, line: int, what: str) -> Signed:
        row = self.mapping(raw, line, what, known={"name", "date"})
        day = row.get("date")
        if type(day) is not date:
            problem = f"{what}: falta el día de la firma; escríbalo así, sin comillas: date: 2026-12-01"
            raise self.wrong(problem, line_of(row, "date", row[LINE]))
        return Signed(name=self.text_of(row, "name", what), on=day)
