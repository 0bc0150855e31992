"""How wide words are, and where a line ends: by the widths of Arial, which Helvetica and Liberation Sans share."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

# Advance widths in thousandths of the size, as the fonts' own tables give them.
_REGULAR = {
    191: "'", 222: "ijl", 260: "|", 278: "ftI!,./:;[\\] ·", 333: "r()-`¡", 334: "{}", 350: "•", 355: '"', 389: "*",
    400: "°", 469: "^", 500: "cksvxyzJ", 556: "abdeghnopquL0123456789#$?_«»–", 584: "+<=>~", 611: "FTZ¿",
    667: "ABEKPSVXY&", 722: "wCDHNRU", 778: "GOQ", 833: "mM", 889: "%", 944: "W", 1000: "—…", 1015: "@",
}  # fmt: skip
_BOLD = {
    238: "'", 278: "ijlI,./\\ ·", 280: "|", 333: "ft!()-:;[]`¡", 350: "•", 389: "r*{}", 400: "°", 474: '"', 500: "z",
    556: "aceksvxyJ0123456789#$_«»–", 584: "+<=>^~", 611: "bdghnopquFLTZ?¿", 667: "EPSVXY", 722: "ABCDHKNRU&",
    778: "wGOQ", 833: "M", 889: "m%", 944: "W", 975: "@", 1000: "—…",
}  # fmt: skip
_WIDTHS = tuple(
    {letter: width for width, letters in table.items() for letter in letters} for table in (_REGULAR, _BOLD)
)
_UNKNOWN = 1000
#: Room for a reader whose fonts are somewhat wider.
_SLACK = 1.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words in one weight: ``Run(text="123", bold=True)``."""

    text: str
    bold: bool = False


Line = tuple[Run, ...]


def width_of(runs: Iterable[Run], size: float) -> float:
    """How wide the runs are on one line, in pixels, at a font size in pixels."""
    return sum(_WIDTHS[run.bold].get(_base(letter), _UNKNOWN) for run in runs for letter in run.text) * (
        size * _SLACK / 1000
    )


def wrap(runs: Sequence[Run], *, width: float, size: float) -> list[Line]:
    """The lines that fit into ``width``; a line break in the text begins a new one, a word is never cut."""
    lines: list[Line] = []
    line: Line = ()
    for word in _words(runs):
        if not word:
            lines.append(line)
            line = ()
            continue
        longer = (*line, Run(text=" "), *word) if line else word
        if line and width_of(longer, size) > width:
            lines.append(line)
            longer = word
        line = longer
    return [_joined(line) for line in (*lines, line)]


def _words(runs: Sequence[Run]) -> Iterator[Line]:
    """Words of one or more runs (*{155};*), and an empty one where a new line begins."""
    word: list[Run] = []
    for run in runs:
        for number, paragraph in enumerate(run.text.split("\n")):
            if number:
                if word:
                    yield tuple(word)
                    word = []
                yield ()
            for place, part in enumerate(paragraph.split(" ")):
                if place and word:
                    yield tuple(word)
                    word = []
                if part:
                    word.append(Run(text=part, bold=run.bold))
    if word:
        yield tuple(word)


def _joined(line: Line) -> Line:
    """The same line with neighbours of one weight in one run; a space takes the weight before it."""
    runs: list[Run] = []
    for run in line:
        if runs and (run.text == " " or runs[-1].bold == run.bold):
            runs[-1] = Run(text=runs[-1].text + run.text, bold=runs[-1].bold)
        else:
            runs.append(run)
    return tuple(runs)


def _base(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0]
