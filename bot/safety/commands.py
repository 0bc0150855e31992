"""Words that command, and numbers that stand for a button: only where they are the whole message. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.content import line_of, read_mapping
from bot.errors import ContentError
from bot.safety.screen import screen
from bot.spelling import plain, sound
from bot.understood import Alert

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


def load_commands(path: Path = FILE) -> Mapping[str, str]:
    """Read what each phrase commands, by its sound; raises ``ContentError`` with file and line."""
    content = read_mapping(path, _NAMES)
    found: dict[str, str] = {}
    for name in _NAMES:
        phrases, line = content.get(name), line_of(content, name, 1)
        if not isinstance(phrases, list) or not phrases:
            problem = f"falta la lista «{name}»; escríbala así: {name}: [palabra, otra palabra]"
            raise ContentError(problem, file=path.name, line=line)
        for place, phrase in enumerate(phrases):
            key, at = " ".join(sound(word) for word in plain(str(phrase)).split()), line_of(phrases, place, line)
            if not isinstance(phrase, str):
                raise ContentError("«sí», «no» y los números van entre comillas; póngaselas", file=path.name, line=at)
            if not key or key == "0":
                raise ContentError(f"«{phrase}» no puede mandar nada; quítelo", file=path.name, line=at)
            if found.setdefault(key, name) != name:
                problem = f"«{phrase}» está en «{name}» y en «{found[key]}», o suena igual; déjela en una sola lista"
                raise ContentError(problem, file=path.name, line=at)
    return found


def is_at_once(text: str) -> bool:
    """Whether a message is not to wait for the rest of a burst: a number, a command, or urgent words."""
    return number(text) is not None or command(text) is not None or screen(text).alert >= Alert.URGENT


@cache
def _commands() -> Mapping[str, str]:
    return load_commands()
