"""Why a YAML file cannot be read, told to whoever edits it: the line of the slip, and what to write instead."""

from __future__ import annotations

import re

import yaml

_TAB = re.compile(r" *\t")
_LISTED = "did not find expected ',' or '"
_INDENT = "los espacios del comienzo no corresponden; alinee este renglón con los de su mismo grupo"
_COLON = "falta «:»; escriba el nombre, dos puntos, un espacio y el valor"


def explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """Give the line (from 1) and one Spanish sentence; the parser itself names the line where it gave up."""
    lines = text.splitlines() or [""]
    at, began = (min(mark.line + 1, len(lines)) if mark else None for mark in (error.problem_mark, error.context_mark))
    line = at or began or 1
    said, problem = lines[line - 1], error.problem or ""
    if tabbed := next((number for number, one in enumerate(lines[:line], start=1) if _TAB.match(one)), None):
        return tabbed, "hay un tabulador al comienzo; empiece el renglón con espacios"
    if error.context == "while scanning a quoted scalar" and began:
        return began, "falta cerrar las comillas que se abren en este renglón; escríbalas al final del texto"
    if opened := _left_open(text, line):
        return opened, "falta cerrar las comillas que se abren en este renglón; escríbalas al final del texto"
    if problem == "mapping values are not allowed in this context":
        return _misplaced_colon(lines, line)
    if problem == "could not find expected ':'":
        return began or line, _COLON
    if problem.startswith(_LISTED):
        closing = problem[len(_LISTED)]
        opening = "[" if closing == "]" else "{"
        return began or line, f"falta una coma, o el «{closing}» que cierra el «{opening}» de este renglón; agréguelo"
    return line, _of_the_line(problem, said, error)


def _left_open(text: str, line: int) -> int | None:
    """Where a quoted text began that ends on this line, at the opening of the next one."""
    found = None
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if token.start_mark.line >= line:
                break
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                began, ended = token.start_mark.line + 1, token.end_mark.line + 1
                found = began if began < ended == line else found
    except yaml.YAMLError:
        pass
    return found


def _misplaced_colon(lines: list[str], line: int) -> tuple[int, str]:
    said = lines[line - 1]
    if len(re.findall(r":(?:\s|$)", said)) > 1:
        return line, 'un texto con dos puntos va entre comillas; escríbalo así: "…"'
    above = next((n for n in range(line - 1, 0, -1) if lines[n - 1].strip() and lines[n - 1].lstrip()[0] != "#"), None)
    if above and not re.search(r":(?:\s|$)", lines[above - 1]):
        return above, _COLON
    return line, _INDENT


def _of_the_line(problem: str, said: str, error: yaml.MarkedYAMLError) -> str:
    if problem == "found character that cannot start any token":
        column = error.problem_mark.column if error.problem_mark else 0
        return f"un valor no puede empezar por «{said[column : column + 1]}»; póngalo entre comillas"
    if problem == "no such day":
        return "esa fecha no existe; escríbala año-mes-día, como 2026-12-01"
    if problem == "found undefined alias" or "alphabetic or numeric" in problem:
        return "un valor que empieza por «*» o «&» va entre comillas; póngaselas"
    if problem.startswith("could not determine a constructor"):
        return "un valor que empieza por «!» va entre comillas; póngaselas"
    if problem == "found unhashable key":
        return "un texto que empieza por «{» o «[» va entre comillas; póngaselas"
    if problem == "found unknown escape character":
        return "dentro de comillas no va una barra «\\»; quítela"
    if said.count('"') > 2 and "{" not in said:
        return "hay comillas dentro del texto; escríbalas así: «…»"
    if "did not find expected" in problem:
        return _INDENT
    return "no se puede leer; compárelo con un renglón parecido que funcione (espacios, comillas, dos puntos)"
