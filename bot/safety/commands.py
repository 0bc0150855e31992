"""Words that command, and numbers that stand for a button: only where they are the whole message. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.content import LINE, read_yaml
from bot.errors import ContentError
from bot.messages import Alert
from bot.safety.screen import screen
from bot.spelling import plain, sound

FILE = Path(__file__).parent.parent / "flows" / "commands.yml"
_NAMES = ("exit", "stop", "human", "forget")
_LONGEST = 80
_NUMBERS = ("uno primera primero", "dos segunda segundo", "tres tercera tercero", "cuatro", "cinco", "seis",
            "siete", "ocho", "nueve", "diez")  # fmt: skip
_BEFORE_A_NUMBER = frozenset({"opcion", "la", "el", "numero", "respuesta", "es"})
_MOST_BUTTONS = 20


def command(text: str) -> str | None:
    """The command that the whole message is: ``exit``, ``stop``, ``human``, ``forget``; else None.

    The same word several times over is still the word (*salir salir*). ``0`` is none.
    """
    if len(text) > _LONGEST:
        return None
    said = [sound(word) for word in plain(text).split()]
    known = _commands()
    if not said:
        return None
    if len(set(said)) == 1:
        return known.get(said[0])
    return known.get(" ".join(said))


def number(text: str) -> int | None:
    """The button that the whole message names: ``1``, ``1.``, ``1)``, ``uno``, ``opción 1``; never 0; else None."""
    if len(text) > _LONGEST:
        return None
    said = plain(text).split()
    while len(said) > 1 and said[0] in _BEFORE_A_NUMBER:
        said = said[1:]
    if len(said) != 1:
        return None
    if said[0].isascii() and said[0].isdigit() and len(said[0]) <= 2:
        value = int(said[0])
        return value if 1 <= value <= _MOST_BUTTONS else None
    return next((n for n, names in enumerate(_NUMBERS, start=1) if said[0] in names.split()), None)


def is_at_once(text: str) -> bool:
    """Whether a message is not to wait for the rest of a burst: a number, a command, or urgent words."""
    return number(text) is not None or command(text) is not None or screen(text).alert >= Alert.URGENT


@cache
def _commands() -> Mapping[str, str]:
    content = read_yaml(FILE)
    found: dict[str, str] = {}
    for name, phrases in content.items():
        if name == LINE:
            continue
        if name not in _NAMES:
            raise ContentError(f"{name!r} is no command", file=FILE.name, line=content[LINE])
        for phrase in phrases:
            key = " ".join(sound(word) for word in plain(str(phrase)).split())
            if found.setdefault(key, name) != name or key == "0":
                raise ContentError(f"{phrase!r} cannot be {name!r}", file=FILE.name, line=content[LINE])
    return found
