"""The confusion picture: rows are what was meant, columns what was understood, darker is more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_CELL, _LEFT, _TOP = 24, 176, 176


def confusion(pairs: Iterable[tuple[str, str]]) -> str:
    """An SVG from pairs of (meant, understood); each row adds up to 1, the diagonal is green, the rest red."""
    counted = Counter(pairs)
    intents = sorted({intent for pair in counted for intent in pair})
    sums = Counter(meant for meant, _ in counted.elements())
    side = len(intents) * _CELL
    box = f"0 0 {_LEFT + side + 8} {_TOP + side + 8}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="12">',
        "<title>What was meant (rows) and what was understood (columns)</title>",
    ]
    for place, intent in enumerate(intents):
        middle = place * _CELL + _CELL / 2 + 4
        parts.append(f'<text x="{_LEFT - 6}" y="{_TOP + middle}" text-anchor="end">{intent}</text>')
        parts.append(f'<text transform="translate({_LEFT + middle} {_TOP - 6}) rotate(-90)">{intent}</text>')
    for row, meant in enumerate(intents):
        for column, got in enumerate(intents):
            times = counted[meant, got]
            if not times:
                continue
            part = times / sums[meant]
            colour = "#2f7d4f" if row == column else "#b3261e"
            x, y = _LEFT + column * _CELL, _TOP + row * _CELL
            parts.append(
                f'<rect x="{x}" y="{y}" width="{_CELL - 1}" height="{_CELL - 1}" fill="{colour}" '
                f'fill-opacity="{min(1.0, 0.08 + part):.2f}"><title>{meant} → {got}: {times}</title></rect>'
            )
            if part >= 0.03:
                parts.append(
                    f'<text x="{x + _CELL / 2 - 1}" y="{y + _CELL / 2 + 4}" font-size="10" text-anchor="middle">'
                    f"{round(part * 100)}</text>"
                )
    return "\n".join([*parts, "</svg>", ""])
