"""The slips of an editor's hand: each is named in Spanish with its own line, and with what to write instead."""

# ruff: noqa: E501 - one slip is one row of the table

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.dialogue.lint import check_content
from bot.dialogue.load import FLOWS, load_book
from bot.errors import ContentError
from bot.nlu.concepts import FILE as CONCEPTS
from bot.nlu.concepts import load_concepts
from bot.nlu.meanings import FILE as ALERTS
from bot.nlu.meanings import load_alerts
from bot.safety.commands import load_commands
from bot.safety.lexicon import FOLDER as LEXICON
from bot.safety.lexicon import load_lexicon
from bot.takeover.clocks import load_clocks
from bot.takeover.times import load_times
from bot.territory import department
from bot.territory.data import FOLDER, load_territory
from bot.territory.directory import load_hours, load_lines
from bot.territory.services import load_directory
from bot.territory.speech import load_speech
from bot.territory.stores import load_stores

_LINES = {line.id: line for line in load_lines()}
_CLOCKS = FOLDER.parent / "takeover"
#: How whoever reads is told what to do.
_DO = re.compile(
    r"\b(abra|escrib\w+|escríb\w+|agrégu\w+|agregue|póng\w+|pong\w+|quit\w+|quít\w+|corrij\w+|corríj\w+|cambie|deje|déjel\w+"
    r"|alinee|empiece|guarde|búsquel\w+|verifíquel\w+|diga|borre|revise|créel\w+|corra|vuelva|devuélval\w+)\b"
)
_ENGLISH = re.compile(
    r"\b(is|are|must|not|no such|there|expected|missing|known|stands|found|wrong|invalid|error|\w+Error)\b|[\"']\w+['\"] (is|has)"
)

#: File, what stood there, what was typed, a word of the line that must be named, and some of what is said.
_SLIPS = {
    "next misspelt": ("plan.yml", "next: more}", "next: mas}", "next: mas}", "no hay un paso «mas»; escriba"),
    "response missing": ("danger.yml", "action: utter_strangled\n", "action: utter_estrangled\n", "utter_estrangled", "«utter_strangled»"),
    "value unknown": ("opening.yml", '- if: slots.safe_now = "yes"', '- if: slots.safe_now = "si"', '"si"', "no tiene el valor «si»"),
    "value unknown in a button": ("opening.yml", '/inform{"can_read": "yes"}', '/inform{"can_read": "sip"}', 'can_read": "sip"', "no tiene el valor «sip»"),
    "hour that is none": ("hours.yml", 'to: "20:00"}\n#', 'to: "25:00"}\n#', "25:00", "la hora «25:00» no existe"),
    "hour without quotes": ("hours.yml", 'evening: {from: "17:00"', "evening: {from: 17:00", "from: 17:00", "va entre comillas"),
    "day that is none": ("hours.yml", "verified_on: 2026-11-22", "verified_on: 2026-11-32", "2026-11-32", "esa fecha no existe"),
    "line unknown in braces": ("danger.yml", "{lines.policia_123}", "{lines.policia}", "{lines.policia}", "«policia_123»"),
    "brace left open": ("danger.yml", "{lines.policia_123}", "{lines.policia_123", "{lines.policia_123", "falta|sin su pareja"),
    "name twice": ("danger.yml", "  utter_strangled_more:\n", "  utter_strangled:\n", None, "«utter_strangled» ya está en el renglón"),
    "tab for spaces": ("plan.yml", "  utter_plan_people:", "\tutter_plan_people:", "\tutter", "tabulador"),
    "quote not closed": ("plan.yml", 'usted pide ayuda."', "usted pide ayuda.", "Piense en una", "falta cerrar las comillas"),
    "quote not opened": ("plan.yml", 'text: "Piense en una', "text: Piense en una", "Piense en una", "comillas"),
    "key unknown": ("opening.yml", "description: ¿Puede", "descripcion: ¿Puede", "descripcion", "«description»"),
    "colon missing": ("plan.yml", "  utter_plan_people:", "  utter_plan_people", "utter_plan_people", "falta «:»"),
    "spaces wrong": ("plan.yml", "  utter_plan_people:", " utter_plan_people:", " utter_plan_people", "alinee"),
    "municipality code wrong": ("stores.yml", 'municipality: "76834"', 'municipality: "76843"', "76843", "«76843»"),
    "municipality code wrong in a zone": ("zones.yml", '"76122"', '"76212"', None, "no está en ninguna zona"),
    "municipality in two zones": ("zones.yml", '["76122"', '["76001", "76122"', '"76001", "76130"', "el municipio 76001 ya está"),
    "phone without a source": ("lines.yml", "    source: seguimiento.co/node/51966\n", "", None, "falta «source»"),
    "phone of little confidence": ("lines.yml", "confidence: low\n    usable: false", "confidence: low\n    usable: true", None, "confianza alta"),
    "figure without a source": ("figures.yml", ', source: "Reglas de seguridad §4"}', "}", "forget_days", "falta «source»"),
    "door unknown": ("services.yml", "situation: ive, doors: [urgencias,", "situation: ive, doors: [urgencia,", "[urgencia,", "«urgencias»"),
    "list of words gone": ("speech.yml", "ordinary:", "ordinarios:", "ordinarios:", "no se conoce «ordinarios»"),
    "command in two lists": ("commands.yml", "stop: [baja,", "stop: [salir, baja,", "stop: [salir", "déjela en una sola lista"),
    "alert unknown": ("alerts.yml", "greet: none", "greet: nada", "greet: nada", "no hay una alerta «nada»"),
    "concept without words": ("concepts.yml", "family: familia", "family:\n# familia", "family:", "palabras separadas por espacios"),
    "clock in words": ("clocks.yml", "attending: 300", "attending: cinco", "attending", "número entero"),
    "clock out of order": ("clocks.yml", "lost: [{after: 120", "lost: [{after: 900", None, "van en orden"),
    "time missing": ("clocks.yml:times", "  still_there:", "  still_here:", "still_here", "«still_there»"),
    "time in words": ("clocks.yml:times", "    minutes: 5\n", "    minutes: cinco\n", "cinco", "número entero"),
    "time in two units": ("clocks.yml:times", "    minutes: 5\n", "    minutes: 5\n    seconds: 3\n", "    minutes: 5", "una sola unidad"),
    "time without a source": ("clocks.yml:times", "    source: Encargo de la consola, 30 minutos\n", "", None, "falta «source»"),
    "phone lent for longer than the rules allow": ("clocks.yml:times", "    minutes: 15\n", "    minutes: 16\n", "  borrowed:", "más largo"),
    "time longer than the one that ends it": ("clocks.yml:times", "  idle:\n    minutes: 30", "  idle:\n    days: 30", "  idle:", "«signed_in»"),
    "danger without a reason": ("danger.yml:lexicon", "    reason:", "    razon:", "razon:", "no se conoce «razon»"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "mark", "said"), _SLIPS.values(), ids=_SLIPS)
def test_a_slip_is_told_in_spanish_with_its_own_line(
    tmp_path: Path, file: str, old: str, new: str, mark: str | None, said: str
) -> None:
    name = file.partition(":")[0]
    folder, load = _copied(tmp_path, file)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text, f"{old!r} does not stand in {name}"
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load(folder)
    problem, place = caught.value.problem, (caught.value.file, caught.value.line)
    assert re.search(said, problem), problem
    assert _DO.search(problem), problem
    assert not _ENGLISH.search(re.sub("«[^»]*»", "", problem)), problem
    if name == "zones.yml" and "ninguna" in said:
        assert caught.value.file == "municipalities.csv"
        assert "76122" in (folder / "municipalities.csv").read_text(encoding="utf-8").splitlines()[place[1] - 1]
    else:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        named = _numbers_of(lines, mark) if mark else _changed(text.splitlines(), lines)
        assert place[0] == name
        assert place[1] in named, (place, named)


def test_a_file_that_was_saved_in_another_alphabet_is_told(tmp_path: Path) -> None:
    folder, _ = _copied(tmp_path, "plan.yml")
    text = (folder / "plan.yml").read_text(encoding="utf-8")
    (folder / "plan.yml").write_bytes(text.encode("latin-1", errors="replace"))
    (problem,) = check_content(folder)
    assert problem.file == "plan.yml"
    assert "UTF-8" in problem.text


def _copied(folder: Path, file: str) -> tuple[Path, Callable[[Path], object]]:
    """A copy of the folder that holds the file, and what reads it."""
    if file.endswith(":lexicon"):
        return _copy(LEXICON, folder), load_lexicon
    if file == "clocks.yml:times":
        return _copy(_CLOCKS, folder), lambda at: load_times(at / "clocks.yml")
    loaders: dict[str, tuple[Path, Callable[[Path], object]]] = {
        "hours.yml": (FOLDER, lambda at: load_hours(at / "hours.yml")),
        "lines.yml": (FOLDER, lambda at: load_lines(at / "lines.yml")),
        "services.yml": (FOLDER, lambda at: load_directory(_LINES, department(), at / "services.yml")),
        "stores.yml": (FOLDER, lambda at: load_stores(department(), at / "stores.yml")),
        "speech.yml": (FOLDER, lambda at: load_speech(at / "speech.yml")),
        "zones.yml": (FOLDER, load_territory),
        "commands.yml": (FLOWS, lambda at: load_commands(at / "commands.yml")),
        "alerts.yml": (ALERTS.parent, lambda at: load_alerts(at / "alerts.yml")),
        "concepts.yml": (CONCEPTS.parent, lambda at: load_concepts(at / "concepts.yml")),
        "clocks.yml": (_CLOCKS, lambda at: load_clocks(at / "clocks.yml")),
    }
    source, load = loaders.get(file, (FLOWS, load_book))
    return _copy(source, folder), load


def _copy(source: Path, folder: Path) -> Path:
    for path in (*source.glob("*.yml"), *source.glob("*.csv")):
        shutil.copy(path, folder)
    return folder


def _numbers_of(lines: list[str], mark: str) -> set[int]:
    """The first line that holds the mark."""
    return {next(number for number, line in enumerate(lines, start=1) if mark in line)}


def _changed(before: list[str], after: list[str]) -> set[int]:
    """The lines around the first that differs, for a name that is gone or said of the whole entry."""
    first = next(number for number, (one, other) in enumerate(zip(before, after, strict=False), 1) if one != other)
    return set(range(first - 10 if len(after) < len(before) else first, first + 1))
