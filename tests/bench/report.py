"""The section of ``docs/benchmarks.md`` about the console: what a run saw, in tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.figures import spread
from tests.bench.scene import AT_QUEUE, HELD, Size
from tests.bench.screens import Seen

#: Whole pages are opened beside all that: so many a second.
PAGES = {"/consola/cola": 1.0, "chat": 1.0, "/consola/tablero": 0.5}
_SCREEN_TARGET, _PAGE_TARGET = 300.0, 200.0
_PARTS = (
    ("/consola/cola", "page: queue", _PAGE_TARGET),
    ("/consola/chat/…", "page: chat", _PAGE_TARGET),
    ("/consola/tablero", "page: board", _PAGE_TARGET),
    ("/consola/cola/lista", "part of the queue, renewed", None),
    ("/consola/chat/…/vivo", "part of a chat, renewed", None),
    ("/consola/avisos", "bell", None),
)
#: What was taken last is still on its way to a screen: it is waited for so long.
LAST_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the machine did in a stretch of time: cores in use, by whom; ``rss``: the service's, in MiB."""

    service: float
    postgres: float
    load: float
    others: float
    rss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run saw. ``behind``: seconds by which the load lagged its own plan; ``lags``: of the loop, in ms."""

    size: Size
    rate: float
    seen: Seen
    usage: Usage
    lags: Sequence[float]
    answers: Sequence[float]
    taken: int
    refused: int
    behind: float
    left: int
    unseen: int


def page(results: Sequence[Result], heading: str) -> str:
    """The section of ``docs/benchmarks.md``."""
    size = results[0].size
    at_chat = sum(1 for number in range(size.psychologists) if number % AT_QUEUE)
    held = min(size.chats, HELD * size.psychologists)
    scene = (
        f"{size.psychologists} signed-in psychologists with open streams, {at_chat} before a chat and the others "
        f"before the queue; {size.chats} open chats, of which they hold {held}. Messages come evenly over all chats "
        f"through the webhook, signed as Twilio signs, {size.seconds:.0f} s at each pace, to one service process that "
        "also understands them and takes the turns. In another process: the women, Twilio, and the screens, which do "
        f"what the scripts do (renew, ring) and draw nothing. Beside it whole pages are opened: queue and chat "
        f"{PAGES['chat']:.0f} a second each, the board one in {1 / PAGES['/consola/tablero']:.0f} s. *Told* is when "
        "the owner's stream says that something came, *on screen* when the part of the page that she then fetches "
        "holds the words."
    )
    parts = [
        "## The console under load: `make bench-console`",
        heading,
        scene,
        *(_stretch(one) for one in results),
    ]
    return "\n\n".join(parts)


def _stretch(result: Result) -> str:
    seen, size, usage, seconds = result.seen, result.size, result.usage, result.size.seconds
    events = seen.events / (size.psychologists * seconds)
    spent = usage.service * seconds / max(1, result.taken) * 1000
    fewer = result.taken * size.psychologists / max(1, seen.events)
    rows = "\n".join(spread(name, seen.pages[path], target) for path, name, target in _PARTS)
    return f"""### {result.rate:.0f} messages a second

| ms | n | p50 | p95 | p99 | max | target for p95 |
|---|---|---|---|---|---|---|
{spread("webhook: posted to accepted", result.answers)}
{spread("accepted to told", seen.told)}
{spread("**accepted to on screen**", seen.shown, _SCREEN_TARGET)}
{spread("posted to on screen", seen.shown_since_posted)}
{rows}
{spread("event loop late by", result.lags)}

Taken: {result.taken / seconds:.0f} a second; refused: {result.refused}; not on a screen {LAST_SECONDS:.0f} s after
the end: {result.unseen}; without a turn at the end: {result.left}; the load lagged its plan by at most
{result.behind * 1000:.0f} ms.
Streams: {events:.2f} events a second and page, {fewer:.0f} times fewer than one for each message and page;
"fetch everything": {seen.reloads}; failed: {seen.wrong}.
Cores in use: service {usage.service:.2f}, PostgreSQL {usage.postgres:.2f}, load {usage.load:.2f}, whatever else ran
{usage.others:.2f}. For each message, with all that is shown of it, the service used {spent:.1f} ms of a core. Memory of
the service: {usage.rss:.0f} MiB."""
