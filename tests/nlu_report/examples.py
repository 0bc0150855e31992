"""What is learned and what is measured on, read from their files; and which examples are too much alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from rapidfuzz import fuzz

from bot.messages import Alert
from bot.nlu.environment import PROJECT
from bot.spelling import plain

SETS = Path(__file__).parent.parent / "nlu"
#: So many words in a row that two examples share, or so alike letter by letter (0 to 100), make a family.
FAMILY_RUN, FAMILY_LIKENESS = 5, 75
_COMMON = 60
_UNKNOWN = {"voice": "", "danger": "", "looks_grave": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One labelled message of an evaluation set."""

    text: str
    intent: str
    alert: Alert
    municipality: str | None
    voice: str
    danger: str
    looks_grave: bool


def learned(project: Path = PROJECT) -> list[tuple[str, str]]:
    """Every training example with its intent, in the order of the files."""
    return [
        (line.removeprefix("- "), block["intent"])
        for path in sorted((project / "data").glob("*.yml"))
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        for line in block["examples"].splitlines()
        if line.strip()
    ]


def evaluation(name: str) -> list[Message]:
    """The set of that name, such as ``development``; what its author did not write down is unknown."""
    content = yaml.safe_load((SETS / f"{name}.yml").read_text(encoding="utf-8"))
    rows = content["messages"] if isinstance(content, dict) else content
    return [Message(**{**_UNKNOWN, **row, "alert": Alert[row["alert"].upper()]}) for row in rows]


def alike(
    texts: Sequence[str], *, run: int = FAMILY_RUN, likeness: float = FAMILY_LIKENESS
) -> Iterator[tuple[int, int]]:
    """The pairs of texts that share ``run`` words in a row, or are alike to ``likeness`` and share three.

    Near-linear in the texts: only those that share a run are compared. Runs that dozens share ("mi esposo me
    dice") are no sign of a copy.
    """
    said = [plain(text).split() for text in texts]
    for length, needed in ((run, 0.0), (3, likeness)):
        holders: dict[tuple[str, ...], list[int]] = {}
        for number, words in enumerate(said):
            for run_of in {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}:
                holders.setdefault(run_of, []).append(number)
        for same in holders.values():
            for place, one in enumerate(same if len(same) <= _COMMON else ()):
                for other in same[:place]:
                    if not needed or fuzz.ratio(" ".join(said[one]), " ".join(said[other])) >= needed:
                        yield other, one


def families(texts: Sequence[str]) -> list[int]:
    """The number of each text's family: those that are alike, and what is like those."""
    heads = list(range(len(texts)))

    def head(one: int) -> int:
        while heads[one] != one:
            heads[one] = heads[heads[one]]
            one = heads[one]
        return one

    for first, second in alike(texts):
        heads[head(second)] = head(first)
    return [head(number) for number in range(len(texts))]
