"""Which kinds of things a word may name, as data: a husband, a blow, a wage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.content import LINE, line_of, read_yaml
from bot.errors import ContentError
from bot.spelling import plain

FILE = Path(__file__).parent / "concepts.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concepts:
    """``Concepts(whole={"marido": ("partner",)}, begun={"golpe": ("hit",)})``."""

    whole: Mapping[str, tuple[str, ...]]
    begun: Mapping[str, tuple[str, ...]]

    def of(self, word: str) -> tuple[str, ...]:
        """What a plain word may name, each once; nothing for most words."""
        found = dict.fromkeys(self.whole.get(word, ()))
        for length in range(1, len(word) + 1):
            found.update(dict.fromkeys(self.begun.get(word[:length], ())))
        return tuple(found)


@cache
def concepts() -> Concepts:
    """The product's concepts, read once."""
    return load_concepts(FILE)


def load_concepts(path: Path) -> Concepts:
    """Read the lists; raises ``ContentError`` with the file for what is no list of words."""
    content = read_yaml(path)
    whole: dict[str, tuple[str, ...]] = {}
    begun: dict[str, tuple[str, ...]] = {}
    for name, words in content.items() if isinstance(content, dict) else [("", None)]:
        if name == LINE:
            continue
        if not isinstance(name, str) or not isinstance(words, str):
            problem = f"«{name}» lleva palabras separadas por espacios; escríbalas después de los dos puntos"
            raise ContentError(problem, file=path.name, line=line_of(content, name, 1))
        for word in words.split():
            kept, owners = word.rstrip("*"), begun if word.endswith("*") else whole
            spelled = plain(kept)
            owners[spelled] = tuple(dict.fromkeys((*owners.get(spelled, ()), name)))
    return Concepts(whole=whole, begun=begun)
