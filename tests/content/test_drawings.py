"""A psychologist and a lawyer can read on paper all that is said, and when; the paper is of today's content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.__main__ import main
from bot.dialogue.drawing import shapes
from bot.dialogue.drawing.cards import Subject, filled
from bot.dialogue.drawing.index import draw
from bot.dialogue.drawing.measure import Run, width_of, wrap
from bot.dialogue.drawing.outline import Card, Chain, Fork, Goto, Outline, outline
from bot.dialogue.drawing.sheets import HEIGHT, WIDTH, draw_sheets
from bot.dialogue.drawing.speech import Speech
from bot.dialogue.flow import END, Branch, Choice, Flow, Link, Response, Step, Where
from bot.dialogue.load import FLOWS, load_book
from bot.dialogue.paths import reachable_steps
from bot.dialogue.review import REVIEW, Review, hash_of, load_review
from tests.dialogue.editing import edited
from tests.dialogue.pure import the_book

_FOLDER = Path(__file__).parents[2] / "docs" / "flows"
_SVG = "{http://www.w3.org/2000/svg}"
_HERE = Where(file="any.yml", line=1)
_GROUNDS = {
    shapes.PAPER: (shapes.INK, shapes.SOFT, shapes.ASKED_EDGE, shapes.SPOKEN_EDGE),
    shapes.SPOKEN: (shapes.INK,),
    shapes.ASKED: (shapes.INK,),
    shapes.DONE: (shapes.INK, shapes.SOFT),
    shapes.HELP: (shapes.INK,),
    shapes.ANSWER: (shapes.INK,),
    shapes.LEADS: (shapes.INK, shapes.SOFT),
}


@cache
def _review() -> Review:
    return load_review(the_book(), FLOWS / REVIEW)


@cache
def _drawn() -> Mapping[str, str]:
    return draw(the_book(), _review())


@cache
def _sheets() -> Mapping[str, ET.Element]:
    # Our own words, drawn just now.
    return {name: ET.fromstring(text) for name, text in _drawn().items() if name.endswith(".svg")}  # noqa: S314


@cache
def _read(file: str) -> str:
    """All words on the sheets of one content file, as somebody reads them."""
    stem = file.removesuffix(".yml")
    names = [name for name in _sheets() if name.rpartition("-")[0] == stem]
    return " ".join(_words(_sheets()[name]) for name in names)


def _words(sheet: ET.Element) -> str:
    return re.sub(r"\s+", " ", " ".join("".join(text.itertext()) for text in sheet.iter(f"{_SVG}text")))


def _files_that_say(response: Response) -> set[str]:
    flows = the_book().flows.values()
    said = {f.where.file for f in flows for s in f.steps.values() if response.name in _said_by(s)}
    return said or {response.where.file}


def _said_by(step: Step) -> tuple[str, ...]:
    return tuple(name for field in ("utter", "action") if (name := getattr(step, field, None)) is not None)


def _placed(
    element: ET.Element, x: float = 0, y: float = 0, size: str = "", anchor: str = ""
) -> Iterator[tuple[float, float, float, str]]:
    """Each line of text: where it begins, where it ends, its height on the sheet, and its words."""
    for child in element:
        moved = re.fullmatch(r"translate\((\S+) (\S+)\)", child.get("transform", ""))
        at, down = x + float(moved[1] if moved else 0), y + float(moved[2] if moved else 0)
        now = (child.get("font-size", size), child.get("text-anchor", anchor))
        if child.tag == f"{_SVG}text":
            wide = width_of(_runs(child), float(now[0]))
            left = at + float(child.get("x", 0)) - {"middle": wide / 2, "end": wide}.get(now[1], 0.0)
            yield left, left + wide, down + float(child.get("y", 0)), "".join(child.itertext())
        else:
            yield from _placed(child, at, down, *now)


def _runs(text: ET.Element) -> tuple[Run, ...]:
    is_bold = text.get("font-weight") == "bold"
    runs = [Run(text=text.text or "", bold=is_bold)]
    for span in text:
        runs += [Run(text=span.text or "", bold=True), Run(text=span.tail or "", bold=is_bold)]
    return tuple(runs)


def _steps(chain: Chain) -> Iterator[str]:
    for item in chain:
        if isinstance(item, Card):
            yield item.step.id
        elif isinstance(item, Fork):
            for _, way in item.ways:
                yield from _steps(way)


def _gotos(chain: Chain) -> Iterator[str]:
    for item in chain:
        if isinstance(item, Goto):
            yield item.step
        elif isinstance(item, Fork):
            for _, way in item.ways:
                yield from _gotos(way)


def _solid(flow: Flow) -> set[str]:
    """The steps that do something or part the way; one that only names a place is not drawn."""
    return {
        at
        for at in reachable_steps(flow)
        if not isinstance(flow.steps[at], Link)
        and not (isinstance(step := flow.steps[at], Branch) and len(step.next) == 1)
    }


def test_the_drawings_are_of_the_content_as_it_is() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in _FOLDER.iterdir()} if _FOLDER.is_dir() else {}
    differ = sorted(name for name in there.keys() | _drawn().keys() if there.get(name) != _drawn().get(name))
    assert not differ, f"docs/flows is not of today's content: run `make flows` ({', '.join(differ)})"


def test_the_same_content_is_drawn_the_same() -> None:
    assert draw(load_book(), _review()) == _drawn()


def test_every_wording_stands_in_full_where_it_is_said() -> None:
    subject = Subject(book=the_book(), review=_review(), speech=Speech(the_book()))
    missing = [
        (file, response.name, variant.text)
        for response in the_book().responses.values()
        for variant in response.variants
        for file in _files_that_say(response)
        if re.sub(r"\s+", " ", "".join(run.text for run in filled(subject, variant.text))) not in _read(file)
    ]
    assert missing == []


def test_every_choice_stands_under_its_question() -> None:
    missing = [
        (response.name, button.title)
        for response in the_book().responses.values()
        for variant in response.variants
        for button in (*variant.buttons, *variant.typed)
        for file in _files_that_say(response)
        if button.title not in _read(file)
    ]
    assert missing == []


def test_the_hash_to_sign_stands_beside_each_text() -> None:
    missing = [
        response.name
        for response in the_book().responses.values()
        for file in _files_that_say(response)
        if f"{response.name} · huella {hash_of(response, the_book().facts)}" not in _read(file)
    ]
    assert missing == []


def test_each_flow_says_what_it_is_for() -> None:
    assert [f.name for f in the_book().flows.values() if f.description not in _read(f.where.file)] == []


def test_a_fact_stands_with_its_source() -> None:
    assert "Marque 123 si puede" in _read("danger.yml")
    assert "123 = línea de Policía / emergencias (lines.policia_123)" in _read("danger.yml")


def test_what_is_said_of_each_door_can_be_read_and_signed() -> None:
    subject = Subject(book=the_book(), review=_review(), speech=Speech(the_book()))
    services = the_book().facts.directory.services.values()
    texts = [text for service in services for text in (service.name, service.tells, service.explains)]
    assert [t for t in texts if "".join(run.text for run in filled(subject, t)) not in _read("services.yml")] == []
    assert "sin firmar" in _read("services.yml")


def test_the_words_that_command_stand_where_they_lead() -> None:
    for phrase in ("«me salgo»", "«darme de baja»", "«borrar mis datos»", "«una psicóloga»"):
        assert phrase in _read("patterns.yml")


def test_no_name_of_the_machine_is_left_without_words() -> None:
    subject = Subject(book=the_book(), review=_review(), speech=Speech(the_book()))
    draw_sheets(subject)
    assert sorted(subject.speech.unknown) == [], "say these in Spanish in bot/dialogue/drawing/words.yml"


def test_no_word_leaves_its_sheet() -> None:
    outside = [
        (name, words)
        for name, sheet in _sheets().items()
        for left, right, down, words in _placed(sheet)
        if not (0 <= left <= right <= WIDTH and 0 <= down <= HEIGHT - 30)
    ]
    assert outside == []


def test_no_two_lines_of_a_sheet_stand_on_each_other() -> None:
    for name, sheet in _sheets().items():
        lines = sorted(_placed(sheet), key=lambda line: line[2])
        for place, (left, right, down, words) in enumerate(lines):
            for other_left, other_right, other_down, other in lines[place + 1 :]:
                if other_down - down >= 8:
                    break
                assert right <= other_left or other_right <= left, f"{name}: {words} / {other}"


def test_a_screen_reader_is_told_what_a_sheet_holds() -> None:
    for name, sheet in _sheets().items():
        assert sheet.get("lang") == "es", name
        title, told = sheet.find(f"{_SVG}title"), sheet.find(f"{_SVG}desc")
        assert title is not None, name
        assert told is not None, name
        assert sheet.get("aria-labelledby") == title.get("id")
        assert sheet.get("aria-describedby") == told.get("id")
        assert "hoja" in (title.text or "")


def test_a_sheet_needs_nothing_from_elsewhere() -> None:
    for name, text in _drawn().items():
        if name.endswith(".svg"):
            assert not re.search(r"href|url\(|<image|<script|<style|http(?!://www\.w3\.org/2000/svg)", text), name


@pytest.mark.parametrize("ground", _GROUNDS)
def test_words_can_be_told_from_their_ground(ground: str) -> None:
    for ink in _GROUNDS[ground]:
        lighter, darker = sorted((_luminance(ground), _luminance(ink)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, f"{ink} on {ground}"


def test_whoever_signed_stands_on_the_sheet(tmp_path: Path) -> None:
    book = the_book()
    digits = hash_of(book.responses["utter_strangled"], book.facts)
    entry = f'[{{response: utter_strangled, hash: "{digits}", legal: {{name: Eva Paz, date: 2026-12-03}}}}]'
    flows = edited(tmp_path, REVIEW, "signatures: []", f"signatures: {entry}")
    drawn = draw(book, load_review(book, flows / REVIEW))
    assert any("Eva Paz (jurídica, 2026-12-03)" in text for name, text in drawn.items() if name.endswith(".svg"))
    assert f"| `utter_strangled` | `{digits}` | sin firmar | Eva Paz, 2026-12-03 |" in drawn["index.md"]


def test_drawings_of_flows_that_are_no_more_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "gone-1.svg").write_text("<svg/>", encoding="utf-8")
    assert main(["flows", "--into", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(_drawn())


def test_every_step_of_every_flow_is_drawn_once() -> None:
    for flow in the_book().flows.values():
        drawn = list(_steps(outline(flow).chain))
        assert len(drawn) == len(set(drawn)), flow.name
        assert set(drawn) == _solid(flow), flow.name


@st.composite
def _flows(draw: st.DrawFn) -> Flow:
    names = [f"s{n}" for n in range(draw(st.integers(1, 9)))]
    targets = st.sampled_from([*names, END])
    steps = {
        name: Branch(
            id=name,
            next=tuple(Choice(then=draw(targets)) for _ in range(draw(st.integers(1, 4)))),
            where=_HERE,
        )
        for name in names
    }
    return Flow(name="any", description="Any.", steps=steps, first=names[0], where=_HERE)


@given(_flows())
def test_any_flow_however_tangled_is_drawn_with_each_step_once(flow: Flow) -> None:
    found: Outline = outline(flow)
    drawn = list(_steps(found.chain))
    assert len(drawn) == len(set(drawn))
    assert set(_gotos(found.chain)) <= set(drawn) == set(found.numbers)


@given(st.text(alphabet="abc ñ¿?\nW", max_size=80), st.integers(20, 300))
def test_wrapped_lines_hold_every_word_and_fit(text: str, width: int) -> None:
    lines = wrap([Run(text=text)], width=width, size=13)
    assert " ".join("".join(run.text for run in line) for line in lines).split() == text.split()
    for line in lines:
        assert width_of(line, 13) <= width or len("".join(run.text for run in line).split()) == 1


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
