"""From a flow's outline to bricks that a sheet can hold: none is cut, each begins where the one before it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.dialogue.drawing import shapes
from bot.dialogue.drawing.cards import Subject, card, chip, done, is_silent, mark, pill
from bot.dialogue.drawing.outline import Card, Chain, Finish, Fork, Goto, Item, Jump, outline
from bot.dialogue.drawing.shapes import Piece, framed, paragraph, path, put, stack
from bot.dialogue.flow import Call, Flow, Step

#: The way between two cards, and the room between two ways side by side.
_STEP, _BESIDE = 17.0, 14.0
#: The widest card, and the narrowest column that holds one, or only words.
_WIDEST, _COLUMN, _NARROW = 520.0, 212.0, 124.0
#: A way beside others that is taller than this is drawn apart, under a letter.
_TALLEST = 520.0
#: What ends a way is no taller than this.
_END = 80.0
#: Ways one under the other need so much to say on one line where each leads.
_ROWS = 400.0


def bricks(subject: Subject, flow: Flow, width: float) -> list[Piece]:
    """The flow from top to bottom, each brick with the way that leads into it; ways drawn apart follow."""
    found = outline(flow)
    drawing = _Drawing(subject, found.numbers)
    laid = _with_ends(drawing.column(found.chain, width))
    while drawing.apart:
        title, chain = drawing.apart.pop(0)
        heading = framed(paragraph(shapes.bold(title), width=width - 20), fill=shapes.ANSWER, edge=shapes.ANSWER, pad=6)
        first, *rest = _with_ends(drawing.column(chain, width))
        headed = stack((Piece(width=width, height=8, body=""), heading, _led(first)), width=width, gap=4, middle=True)
        laid += [headed, *rest]
    return laid


@dataclass(slots=True)
class _Drawing:
    subject: Subject
    numbers: Mapping[str, int]
    apart: list[tuple[str, Chain]] = field(default_factory=list)
    letters: int = 0

    def column(self, chain: Chain, width: float) -> Iterator[Piece]:
        """The bricks of a way, the first without a way into it."""
        pending = list(chain)
        is_first = True
        while pending:
            item = pending.pop(0)
            if silent := self._silent(item):
                while pending and (more := self._silent(pending[0])):
                    silent += more
                    pending.pop(0)
                piece = done(self.subject, silent, min(width, _WIDEST))
            else:
                piece = self._item(item, width)
            yield piece if is_first or isinstance(item, Fork) else _led(piece)
            is_first = False

    def _silent(self, item: Item) -> list[tuple[Step, int]]:
        is_it = isinstance(item, Card) and is_silent(self.subject, item.step)
        return [(item.step, item.number)] if isinstance(item, Card) and is_it else []

    def _item(self, item: Item, width: float) -> Piece:
        match item:
            case Card(step=step, number=number):
                return card(self.subject, step, number, min(width, _WIDEST))
            case Fork():
                return self._fork(item, width)
            case _:
                return _closed(self._end(item, width))

    def _end(self, item: Item, width: float) -> Piece:
        match item:
            case Jump(flow=flow):
                return pill(f"Sigue en «{self.subject.speech.flow(flow)}»", width, small=flow)
            case Goto(step=step):
                return pill(f"Sigue en el paso {self.numbers[step]}", width)
            case Finish():
                return mark("Fin", width)
            case _:
                raise AssertionError(item)

    def _fork(self, fork: Fork, width: float) -> Piece:
        labels = self.subject.speech.ways(fork.step, [choice for choice, _ in fork.ways])
        ways = [chain for _, chain in fork.ways]
        widths = _columns(ways, width)
        if widths is None:
            return self._rows(fork, labels, ways, width)
        columns = [
            self._way(fork, label, chain, column) for label, chain, column in zip(labels, ways, widths, strict=True)
        ]
        return _side_by_side(columns, width, meets=fork.join is not None)

    def _way(self, fork: Fork, label: str, chain: Chain, width: float) -> Piece:
        top = chip(label, width)
        if not chain:
            return stack((top,), width=width, middle=True)
        column = stack(list(self.column(chain, width)), width=width, middle=True)
        if column.height > _TALLEST:
            column = _closed(self._put_apart(fork, label, chain, width))
        return stack((top, _led(column)), width=width, middle=True)

    def _rows(self, fork: Fork, labels: Sequence[str], ways: Sequence[Chain], width: float) -> Piece:
        """Many ways, or ways in a narrow place: one under the other, each with where it leads."""
        is_wide = width >= _ROWS
        chips = [chip(label, (width - 60) / 2 if is_wide else width - 34) for label in labels]
        # Where it leads stands beside the widest of what has to hold, or below it.
        side = max(left.width for left in chips) + 52 if is_wide else 34.0
        body, y, last = "", _STEP, 0.0
        for left, label, chain in zip(chips, labels, ways, strict=True):
            right = self._leading(fork, label, chain, width - side)
            tall = max(left.height, right.height) if is_wide else left.height
            last = y + tall / 2
            body += path((6, last), (20, last), arrow=True) + put(left, 20, last - left.height / 2)
            if is_wide:
                body += path((20 + left.width, last), (side, last), arrow=True)
                body += put(right, side, last - right.height / 2)
                y += tall + 6
            else:
                y += tall + 4
                entry = y + right.height / 2
                body += path((26, y - 4), (26, entry), (side, entry), arrow=True) + put(right, side, y)
                y += right.height + 7
        body = path((width / 2, 0), (width / 2, 7), (6, 7), (6, last)) + body
        return Piece(width=width, height=y, body=body, goes_on=fork.join is not None)

    def _leading(self, fork: Fork, label: str, chain: Chain, width: float) -> Piece:
        """Where a way leads, in a word."""
        if not chain:
            return mark("Sigue abajo", width)
        if len(chain) == 1 and not isinstance(chain[0], Card | Fork):
            return self._end(chain[0], width)
        match chain:
            case (Card(step=Call(flow=flow), number=number), Jump(flow=then)):
                speech = self.subject.speech
                words = f"{number} · Pasa por «{speech.flow(flow)}» y sigue en «{speech.flow(then)}»"
                return pill(words, width, small=f"{flow}, {then}")
        return self._put_apart(fork, label, chain, width)

    def _put_apart(self, fork: Fork, label: str, chain: Chain, width: float) -> Piece:
        letter = chr(ord("A") + self.letters)
        self.letters += 1
        ends = isinstance(chain[-1], Jump | Goto | Finish) or (isinstance(chain[-1], Fork) and chain[-1].join is None)
        whole = chain if ends or fork.join is None else (*chain, Goto(step=fork.join))
        self.apart.append((f"{letter} · Después del paso {fork.number}: {label}", whole))
        return pill(f"Sigue en la letra {letter}", width)


def _with_ends(pieces: Iterable[Piece]) -> list[Piece]:
    """The same, but where a way ends stands with the brick before it, so that no sheet begins with an end."""
    laid: list[Piece] = []
    for piece in pieces:
        if laid and not piece.goes_on and piece.height < _END:
            last = laid.pop()
            laid.append(stack((last, piece), width=max(last.width, piece.width), middle=True))
        else:
            laid.append(piece)
    return laid


def _columns(ways: Sequence[Chain], width: float) -> list[float] | None:
    """How wide each way may be side by side; None if they do not fit."""
    needs = [_COLUMN if any(isinstance(item, Card | Fork) for item in chain) else _NARROW for chain in ways]
    room = width - _BESIDE * (len(ways) - 1)
    if sum(needs) > room:
        return None
    wide = needs.count(_COLUMN)
    if not wide:
        return [room / len(ways)] * len(ways)
    narrow = min(170.0, (room - wide * _COLUMN) / max(1, len(ways) - wide))
    each = (room - narrow * (len(ways) - wide)) / wide
    return [each if need == _COLUMN else narrow for need in needs]


def _side_by_side(columns: Sequence[Piece], width: float, *, meets: bool) -> Piece:
    """Ways that part from one point; those that go on come together again."""
    gap = (width - sum(column.width for column in columns)) / max(1, len(columns) - 1)
    tall = max(column.height for column in columns) + 20
    middles: list[float] = []
    body, x = "", 0.0
    for column in columns:
        middle = x + column.width / 2
        middles.append(middle)
        body += path((middle, 8), (middle, 20), arrow=True) + put(column, x, 20)
        if meets and column.goes_on:
            body += path((middle, 20 + column.height), (middle, tall + 8), (width / 2, tall + 8))
        x += column.width + gap
    body = path((width / 2, 0), (width / 2, 8)) + path((middles[0], 8), (middles[-1], 8)) + body
    return Piece(width=width, height=tall + (8 if meets else 0), body=body, goes_on=meets)


def _led(piece: Piece) -> Piece:
    """The piece with the way into it."""
    middle = piece.width / 2
    body = path((middle, 0), (middle, _STEP), arrow=True) + put(piece, 0, _STEP)
    return Piece(width=piece.width, height=piece.height + _STEP, body=body, goes_on=piece.goes_on)


def _closed(piece: Piece) -> Piece:
    return Piece(width=piece.width, height=piece.height, body=piece.body, goes_on=False)
