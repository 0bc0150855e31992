"""Cross-validation, by Rasa's Python: ``python -m components.validation 5 < examples.json > heard.json``.

In: ``[{"text", "intent", "family"}, ...]``; a family is never learned from and measured on at once. Out, in the
same order: ``[{"ranking": [[intent, share], ...], "urgent": share}, ...]``. Progress on standard error.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from components.meaning import MeaningClassifier, is_urgent, learn

from bot.nlu.features import features
from bot.nlu.linear import read_linear


def validate(examples: list[dict[str, Any]], folds: int) -> list[dict[str, Any]]:
    """Say of every example what a model understands that learned from the other folds."""
    counted = [features(one["text"]) for one in examples]
    urgent = [is_urgent(one["text"], one["intent"]) for one in examples]
    _say(f"{len(examples)} textos leídos")
    # Families in the order of their first example, dealt out like cards: each fold gets some of each intent.
    numbers = {family: place for place, family in enumerate(dict.fromkeys(one["family"] for one in examples))}
    fold_of = [numbers[one["family"]] % folds for one in examples]
    heard: list[dict[str, Any]] = [{} for _ in examples]
    for fold in range(folds):
        kept = [place for place, its in enumerate(fold_of) if its != fold]
        content = learn(
            [counted[place] for place in kept],
            [examples[place]["intent"] for place in kept],
            [urgent[place] for place in kept],
            MeaningClassifier.get_default_config(),
        )
        model = read_linear(content, name=f"part {fold + 1}")
        for place, its in enumerate(fold_of):
            if its == fold:
                scores = model.score(examples[place]["text"])
                heard[place] = {"ranking": scores.ranking, "urgent": scores.urgent}
        _say(f"parte {fold + 1} de {folds}")
    return heard


def _say(text: str) -> None:
    sys.stderr.write(f"  … {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    json.dump(validate(json.load(sys.stdin), int(sys.argv[1])), sys.stdout)
