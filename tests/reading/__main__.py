"""``make reader``: teaches the second reader with today's examples and writes ``bot/nlu/reader.onnx``.

About ten minutes on two free cores. ``--without 0`` leaves one part of five out and writes nothing but what the
reader says of that part and of the set to tune on, as JSON, so that thresholds are chosen on what it never saw.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from bot.nlu.meanings import alert_of_intents
from bot.nlu.pieces import Pieces
from bot.nlu.reader import FILE, open_reader, taught_from
from bot.progress import say
from bot.safety import screen
from bot.understood import Alert
from tests.nlu_report.examples import evaluation, families, learned
from tests.reading.base import Base, load_base
from tests.reading.export import eight_bits, export
from tests.reading.network import Network

EPOCHS, AT_ONCE, PARTS = 4, 32, 5
#: Steps of AdamW: up over the first twelfth, then down to nothing; the head begins from nothing and runs ahead.
RATE, HEAD_RATE, WARMING = 1.5e-4, 1.8e-3, 0.08
#: Whether violence of unknown date is urgent is often not known: such examples teach less of urgency.
UNSURE = 0.4
URGENCY_WEIGHS, SMOOTHING, LONGEST = 0.7, 0.05, 98
SAMPLE = "mi marido me pegó anoche y no sé qué hacer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One example: what is said, the number of its meaning, whether it is urgent, how sure that is."""

    text: str
    label: int
    urgent: bool
    sure: float


def main() -> int:
    """Teach, and write the file or, with ``--without``, what is needed to choose thresholds."""
    words = argparse.ArgumentParser(prog="make reader", description=__doc__)
    words.add_argument("--without", type=int, choices=range(PARTS), help="the part to leave out")
    left_out = words.parse_args().without
    examples, base = learned(), load_base()
    labels = sorted({intent for _, intent in examples})
    parts = _parts([text for text, _ in examples])
    kept = [one for one, part in zip(examples, parts, strict=True) if part != left_out]
    names, scores, table = _vocabulary(base, [text for text, _ in examples])
    pieces = Pieces(names, scores)
    network = _teach([_lesson(text, intent, labels) for text, intent in kept], base, labels, pieces, table)
    if left_out is not None:
        texts = [text for (text, _), part in zip(examples, parts, strict=True) if part == left_out]
        texts += [one.text for one in evaluation("development")]
        json.dump({text: _score(network, pieces, table, text) for text in texts}, sys.stdout)
        return 0
    sample = {"text": SAMPLE, "urgent": 1 / (1 + float(np.exp(-_score(network, pieces, table, SAMPLE)[-1])))}
    about = {"pieces": names, "scores": scores, "labels": labels, "made_from": taught_from(), "sample": sample}
    export(network.numbers(), table, heads=base.heads, about=about, path=FILE)
    say(f"Escrito: {FILE.name} ({FILE.stat().st_size / 1e6:.0f} MB)")
    return 0 if open_reader() is not None else 1


def _parts(texts: Sequence[str]) -> list[int]:
    """The part of each text, as in the report's cross-validation: near-duplicates stay together."""
    family = families(texts)
    numbers = {one: place for place, one in enumerate(dict.fromkeys(family))}
    return [numbers[one] % PARTS for one in family]


def _vocabulary(base: Base, texts: Sequence[str]) -> tuple[list[str], list[float], Any]:
    """The pieces that the kept reader knows, and those that new examples need; their scores and vectors.

    The first were what the 30,000 commonest words of Spanish (wordfreq 3.1.1) are cut into, with and without
    accents, and every piece of one or two letters.
    """
    known = open_reader()
    if known is None:
        raise ValueError("the kept reader names the pieces to begin with; it cannot be loaded")
    number = {name: place for place, name in enumerate(base.names)}
    all_pieces = Pieces(base.names, base.scores.tolist())
    wanted = {number[name] for name in known.pieces.names[4:]}
    wanted.update(one for text in texts for one in all_pieces.of(text))
    order = [0, 1, 2, 3, *sorted(one for one in wanted if one > 3)]
    numbers, worth = eight_bits(base.of("emb.word").reshape(-1, base.width)[order])
    return [base.names[one] for one in order], base.scores[order].tolist(), numbers * worth


def _lesson(text: str, intent: str, labels: Sequence[str]) -> Lesson:
    alert = alert_of_intents()[intent]
    urgent = alert >= Alert.URGENT or (alert is Alert.ATTENTION and screen(text).alert >= Alert.URGENT)
    is_unsure = not urgent and (alert is Alert.ATTENTION or intent == "brigade_help")
    return Lesson(text=text, label=labels.index(intent), urgent=urgent, sure=UNSURE if is_unsure else 1.0)


def _teach(lessons: Sequence[Lesson], base: Base, labels: Sequence[str], pieces: Pieces, table: Any) -> Network:
    random.seed(0)
    torch.manual_seed(0)
    network = Network(base, len(labels)).train()
    counted = np.bincount([one.label for one in lessons], minlength=len(labels))
    weights = torch.tensor((counted.mean() / counted) ** 0.5, dtype=torch.float32)
    head = list(network.head.parameters())
    body = [one for one in network.parameters() if one.requires_grad and all(one is not part for part in head)]
    optimizer = torch.optim.AdamW([{"params": body, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01)
    rates = [group["lr"] for group in optimizer.param_groups]
    steps, step = EPOCHS * len(lessons) // AT_ONCE, 0
    for epoch in range(EPOCHS):
        for batch, rows in _batches(lessons, pieces):
            pace = min(1.0, (step + 1) / (WARMING * steps)) * max(0.02, 1 - step / steps)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * pace
            with torch.autocast("cpu", torch.bfloat16):
                scores = network(*_padded(rows, table))
            loss = _loss(scores.float(), batch, weights)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step % 100 == 0:
                say(f"  … vuelta {epoch + 1} de {EPOCHS}, paso {step} de {steps}")
    return network.eval()


def _batches(lessons: Sequence[Lesson], pieces: Pieces) -> list[tuple[list[Lesson], list[list[int]]]]:
    """Texts of about one length together, in a new order and spelled a little otherwise each time."""
    rows = [pieces.of(_as_typed(one.text))[:LONGEST] for one in lessons]
    order = sorted(range(len(lessons)), key=lambda place: len(rows[place]) + random.random() * 6)
    cut = [order[at : at + AT_ONCE] for at in range(0, len(order), AT_ONCE)]
    random.shuffle(cut)
    return [([lessons[place] for place in places], [rows[place] for place in places]) for places in cut]


def _as_typed(text: str) -> str:
    """A text without its accents or its punctuation, or with a slip of the thumb; most often as it is."""
    text = text.lower()
    if random.random() < 0.4:
        text = text.translate(str.maketrans("áéíóúü", "aeiouu"))
    if random.random() < 0.3:
        text = "".join(letter for letter in text if letter not in ".,;:!?¿¡")
    if random.random() < 0.12 and len(text) > 12:
        at = random.randrange(len(text) - 1)
        text = text[:at] + random.choice([text[at + 1] + text[at], "", text[at] * 2]) + text[at + 2 :]
    return text


def _padded(rows: Sequence[Sequence[int]], table: Any) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, rows))
    vectors = np.zeros((len(rows), longest, table.shape[1]), np.float32)
    there = np.zeros((len(rows), longest), bool)
    for place, row in enumerate(rows):
        vectors[place, : len(row)], there[place, : len(row)] = table[row], True
    return torch.tensor(vectors), torch.tensor(there)


def _loss(scores: torch.Tensor, batch: Sequence[Lesson], weights: torch.Tensor) -> torch.Tensor:
    meant = torch.tensor([one.label for one in batch])
    urgent = torch.tensor([float(one.urgent) for one in batch])
    sure = torch.tensor([one.sure for one in batch])
    meaning = functional.cross_entropy(scores[:, :-1], meant, weight=weights, label_smoothing=SMOOTHING)
    urgency = functional.binary_cross_entropy_with_logits(scores[:, -1], urgent, reduction="none")
    return meaning + URGENCY_WEIGHS * (urgency * sure).mean()


def _score(network: Network, pieces: Pieces, table: Any, text: str) -> list[float]:
    with torch.no_grad():
        scores: list[float] = network(*_padded([pieces.of(text)], table))[0].tolist()
    return scores


if __name__ == "__main__":
    sys.exit(main())
