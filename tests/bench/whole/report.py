"""The section of ``docs/benchmarks.md`` about the bot: medians of the runs, and the ratios within them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from tests.bench.figures import quantile
from tests.bench.whole.drive import Seen, Times
from tests.bench.whole.runs import Results, Run

_RATIO, _ACKNOWLEDGED_MS, _RSS_MIB, _GROWTH = 4.0, 50.0, 150.0, 1.2


def page(results: Results, heading: str) -> str:
    """The section of ``docs/benchmarks.md``."""
    size = results.size
    scene = (
        "Conversations of ten messages, half of them sentences and half words and numbers, each by somebody new; "
        f"{size.clients} write at once, each as soon as she was answered. {size.runs} runs of {size.seconds:.0f} s in "
        "turns, medians. The service takes signed webhooks with `QUIET_SECONDS=0` and sends to a Twilio on the same "
        "machine; Rasa's bot has our understanding and one rule for each meaning, its tracker in PostgreSQL, gets the "
        "words and numbers as `/intent`, and answers in the body of its REST channel: it sends nothing to anybody. "
        "The service reads sentences twice, the second time in a process of its own (ADR 23); where it is measured "
        "against Rasa with Rasa as its NLU, it reads with Rasa alone, as Rasa's bot does. "
        "*Bare* are the same statements as the service's, recorded and replayed by asyncpg on 16 connections. "
        "Everything shares this machine: PostgreSQL (which waits for its disk), who writes, and Twilio."
    )
    return "\n\n".join(
        ["## The bot: `make bench`", heading, scene, _speed(results), _targets(results), _growth(results),
         _replicas(results)]
    )  # fmt: skip


def _speed(results: Results) -> str:
    rows = [_row(name, runs) for name, runs in results.stretches.items()]
    pace = median(one.pace for one in results.bare)
    rows.append(f"| bare statements ({results.bare[0].statements:.1f} a message) | {pace:.0f} | | | | | | | | |")
    head = (
        "| | messages a second | a CPU-second, own | a CPU-second, with PostgreSQL | acknowledged p50 | p99 |"
        " answered p50 | p99 | memory, MiB | with its children |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    starts = ", ".join(f"{name} {took:.1f} s" for name, took in results.starts.items())
    below = f"Times in ms from the posting of the webhook. Start until the first answer: {starts}."
    return "\n".join([head, *rows]) + f"\n\n{below}"


def _row(name: str, runs: Sequence[Run]) -> str:
    def of(value: Callable[[Run], float]) -> float:
        return median(value(run) for run in runs)

    cells = [
        of(lambda run: run.seen.pace),
        of(lambda run: len(run.seen.times) / max(run.own, 0.01)),
        of(lambda run: len(run.seen.times) / max(run.own + run.postgres, 0.01)),
        of(lambda run: _ms(run.seen, _acknowledged, 0.5)),
        of(lambda run: _ms(run.seen, _acknowledged, 0.99)),
        of(lambda run: _ms(run.seen, _answered, 0.5)),
        of(lambda run: _ms(run.seen, _answered, 0.99)),
        of(lambda run: run.rss),
        of(lambda run: run.family_rss),
    ]
    unanswered = sum(run.seen.unanswered for run in runs)
    told = f"{name} ({unanswered} unanswered)" if unanswered else name
    return f"| {told} | {' | '.join(f'{cell:.0f}' for cell in cells)} |"


def _targets(results: Results) -> str:
    def pace(name: str) -> float:
        return median(run.seen.pace for run in results.stretches[name])

    asking, first, alone = (
        pace(name) / pace("Rasa") for name in ("service, asking Rasa", "service, first reader alone", "service")
    )
    acknowledged = median(_ms(seen, _acknowledged, 0.99) for seen in results.paced["empty"])
    half = f"acknowledged p99 at half of the greatest load ({results.rates['half']:.0f} a second)"
    bare = pace("service") / median(one.pace for one in results.bare)
    rows = [
        _target("throughput, service asking Rasa, against Rasa's bot", asking, "×", _RATIO, at_least=True),
        _target(
            "throughput, service scoring Rasa's model itself, against Rasa's bot", first, "×", _RATIO, at_least=True
        ),
        _target("throughput, service with both readers, against Rasa's bot", alone, "×", _RATIO, at_least=True),
        _target(half, acknowledged, " ms", _ACKNOWLEDGED_MS),
        _target("memory of the service", median(run.rss for run in results.stretches["service"]), " MiB", _RSS_MIB),
        f"| throughput, service against bare statements | {bare:.2f}× | | |",
    ]
    return "\n".join(["| | seen | asked | |", "|---|---|---|---|", *rows])


def _growth(results: Results) -> str:
    cells = []
    for name, seen in results.paced.items():
        found = [
            median(_ms(one, value, q) for one in seen)
            for value in (_acknowledged, _answered)
            for q in (0.5, 0.99)
        ]  # fmt: skip
        lost = sum(one.unanswered for one in seen)
        cells.append(f"| {name} | " + " | ".join(f"{one:.1f}" for one in found) + f" | {lost} |")
    ratio = median(_ms(one, _answered, 0.99) for one in results.paced["full"]) / median(
        _ms(one, _answered, 0.99) for one in results.paced["empty"]
    )
    head = "| database | acknowledged p50 | p99 | answered p50 | p99 | unanswered |\n|---|---|---|---|---|---|"
    return (
        f"### With {results.messages_stored:,} messages of {results.size.people:,} people stored\n\n"
        f"{results.rates['half']:.0f} messages a second, {results.size.pace_seconds:.0f} s, "
        f"{len(results.paced['full'])} times in turns, medians in ms.\n\n"
        + "\n".join([head, *cells])
        + "\n\n| | seen | asked | |\n|---|---|---|---|\n"
        + _target("answered p99, full against empty", ratio, "×", _GROWTH)
    )


def _replicas(results: Results) -> str:
    assert results.replicas is not None
    return (
        "### Two replicas on one database\n\n"
        f"{results.replicas.seen.pace:.0f} messages a second, webhooks to each in turn; answered p99 "
        f"{_ms(results.replicas.seen, _answered, 0.99):.0f} ms, unanswered {results.replicas.seen.unanswered}; letters "
        f"that Twilio heard twice: {results.doubled}; conversations it heard in another order: {results.disordered}."
    )


def _target(name: str, seen: float, unit: str, asked: float, *, at_least: bool = False) -> str:
    is_met = seen >= asked if at_least else seen <= asked
    verdict = "met" if is_met else "**missed**"
    return f"| {name} | {seen:.2f}{unit} | {'≥' if at_least else '≤'} {asked:g}{unit} | {verdict} |"


def _acknowledged(times: Times) -> float:
    return times.acknowledged


def _answered(times: Times) -> float:
    return times.answered


def _ms(seen: Seen, value: Callable[[Times], float], part: float) -> float:
    return quantile([value(times) for times in seen.times], part)
