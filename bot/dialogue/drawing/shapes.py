"""Pieces of a drawing: each knows its size, and they are put together like bricks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bot.dialogue.drawing.measure import Line, Run, width_of, wrap

#: Everything is read on white paper; each ink is used on the grounds beside it.
PAPER, INK, SOFT, LINE = "#ffffff", "#1b2733", "#445261", "#8a97a5"
SPOKEN, ASKED, DONE, HELP, ANSWER, LEADS = "#eef5fb", "#f5effa", "#f3f4f6", "#fdeeec", "#fff6dc", "#e7eefb"
SPOKEN_EDGE, ASKED_EDGE, DONE_EDGE, HELP_EDGE = "#1f5f8b", "#6b3a91", "#5b6876", "#9c2a22"
ANSWER_EDGE, LEADS_EDGE = "#8a6a10", "#2f4f99"
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
TEXT, SMALL = 13.0, 10.5
_LEADING = 1.36


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something drawn from its own corner: size in pixels, and the SVG of it.

    ``goes_on`` is whether the way leads out of it at the bottom.
    """

    width: float
    height: float
    body: str
    goes_on: bool = True


def plain(text: str) -> tuple[Run, ...]:
    """A text in one weight."""
    return (Run(text=text),)


def bold(text: str) -> tuple[Run, ...]:
    """A text in bold."""
    return (Run(text=text, bold=True),)


def paragraph(runs: Sequence[Run], *, width: float, size: float = TEXT, ink: str = INK, middle: bool = False) -> Piece:
    """Wrapped words; ``middle`` centres each line."""
    lines = wrap(runs, width=width, size=size)
    leading = size * _LEADING
    anchor = ' text-anchor="middle"' if middle else ""
    x = number(width / 2 if middle else 0)
    spans = "".join(
        f'<text x="{x}" y="{number(place * leading + size)}">{_spans(line)}</text>' for place, line in enumerate(lines)
    )
    body = f'<g font-size="{number(size)}" fill="{ink}"{anchor}>{spans}</g>'
    return Piece(width=width, height=len(lines) * leading, body=body)


def widest(runs: Sequence[Run], *, width: float, size: float = TEXT) -> float:
    """How wide the longest line is when the runs are wrapped into ``width``."""
    return max(width_of(line, size) for line in wrap(runs, width=width, size=size))


def put(piece: Piece, x: float, y: float) -> str:
    """The piece, moved."""
    return f'<g transform="translate({number(x)} {number(y)})">{piece.body}</g>' if x or y else piece.body


def stack(pieces: Sequence[Piece], *, width: float, gap: float = 0, middle: bool = False) -> Piece:
    """Pieces one under the other, at the left or in the middle."""
    body, y = "", 0.0
    for place, piece in enumerate(pieces):
        y += gap if place else 0
        body += put(piece, (width - piece.width) / 2 if middle else 0, y)
        y += piece.height
    return Piece(width=width, height=y, body=body, goes_on=not pieces or pieces[-1].goes_on)


def framed(
    inner: Piece, *, fill: str, edge: str, pad: float = 8, radius: float = 6, stripe: bool = False, dashed: bool = False
) -> Piece:
    """A piece in a box; ``stripe`` thickens the left edge."""
    width, height = inner.width + 2 * pad + (4 if stripe else 0), inner.height + 2 * pad
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    body = (
        f'<rect width="{number(width)}" height="{number(height)}" rx="{number(radius)}" fill="{fill}" '
        f'stroke="{edge}"{dash}/>'
    )
    if stripe:
        body += f'<rect width="5" height="{number(height)}" rx="2" fill="{edge}"/>'
    body += put(inner, pad + (4 if stripe else 0), pad)
    return Piece(width=width, height=height, body=body, goes_on=inner.goes_on)


def path(*points: tuple[float, float], arrow: bool = False) -> str:
    """A way through points; an arrow's head stands at the last, which it enters from above or from the left."""
    (x, y), (x0, y0) = points[-1], points[-2]
    drawn = "M" + "L".join(f"{number(a)} {number(b)}" for a, b in points)
    body = f'<path d="{drawn}" fill="none" stroke="{SOFT}" stroke-width="1.4"/>'
    if arrow:
        is_down = x == x0 and y >= y0
        corners = ((x - 4, y - 7), (x + 4, y - 7)) if is_down else ((x - 7, y - 4), (x - 7, y + 4))
        head = "L".join(f"{number(a)} {number(b)}" for a, b in (*corners, (x, y)))
        body += f'<path d="M{head}Z" fill="{SOFT}"/>'
    return body


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{round(value, 1):g}"


def _spans(line: Line) -> str:
    return "".join(
        f'<tspan font-weight="bold">{escape(run.text)}</tspan>' if run.bold else escape(run.text) for run in line
    )
