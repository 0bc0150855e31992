"""That the benchmark runs, with numbers too small to say anything; no time is asserted."""

from __future__ import annotations

from pathlib import Path

from tests.bench.console import measure
from tests.bench.figures import quantile, write_section
from tests.bench.report import page
from tests.bench.scene import Size


async def test_the_benchmark_sees_what_is_written_come_on_screen() -> None:
    results = await measure(Size(psychologists=2, chats=4, rate=12, seconds=0.5, shares=(1,), quiet=0))
    assert [(one.refused, one.seen.wrong) for one in results] == [(0, 0)]
    assert results[0].seen.shown
    assert "12 messages a second" in page(results, "Here and now.")


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    where = tmp_path / "benchmarks.md"
    for name, body in (("one", "first"), ("two", "other"), ("one", "second")):
        write_section(where, name, body)
    text = where.read_text("utf-8")
    assert "first" not in text
    assert text.index("second") < text.index("other")


def test_half_of_the_values_are_not_above_the_median() -> None:
    assert [quantile([4, 1, 3, 2], part) for part in (0.5, 0.75, 0.95)] == [2, 3, 4]
