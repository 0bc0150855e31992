"""Rasa's classifier for us: linear, over the features that the service can compute by itself.

Rasa trains it like any other component of its pipeline; ``bot/nlu/linear.py`` says how it is scored and kept.
"""

from __future__ import annotations

import math
import os
from array import array
from collections import Counter
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.features import PLAIN_FAMILY, features
from bot.nlu.linear import LinearModel, load_linear, read_linear, vector, write_linear
from bot.nlu.meanings import alert_of_intents
from bot.safety import screen
from bot.understood import Alert

#: In Rasa's archive, beside its own parts.
FILE_NAME = "model.bin"
_MOST = 127


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MeaningClassifier(GraphComponent, IntentClassifier):
    """Learns which intent a text has; its weights are whole numbers, small enough to be kept with the code."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``strength`` and ``urgent_strength``: the inverse of regularisation; ``sharpness``: what makes the
        margins of the classes into probabilities; ``seen``: a feature seen less often is not learned.
        """
        return {"strength": 0.2, "sharpness": 6.0, "urgent_strength": 3.0, "seen": 2}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._model: LinearModel | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MeaningClassifier:
        """A component that has learned nothing yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> MeaningClassifier:
        """The component as it was trained."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = load_linear(folder / FILE_NAME)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example that has an intent."""
        examples = [one for one in training_data.intent_examples if one.get(TEXT) and one.get(INTENT)]
        content = learn(
            [features(one.get(TEXT)) for one in examples],
            [one.get(INTENT) for one in examples],
            [is_urgent(one.get(TEXT), one.get(INTENT)) for one in examples],
            self._config,
            made_from=os.environ.get("VALLE_SANO_FINGERPRINT", ""),
        )
        self._model = read_linear(content, name=FILE_NAME)
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE_NAME).write_bytes(content)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Give every message its likeliest intent, the whole ranking, and how likely it is urgent."""
        for message in messages:
            if self._model is not None and message.get(TEXT):
                scores = self._model.score(message.get(TEXT))
                ranking = [{"name": name, "confidence": share} for name, share in scores.ranking]
                message.set("intent", ranking[0], add_to_output=True)
                message.set("intent_ranking", ranking, add_to_output=True)
                message.set("urgent", scores.urgent, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing after this one learns from its guesses."""
        return training_data


def is_urgent(text: str, intent: str) -> bool:
    """Whether an example teaches urgency: by its meaning; among the violences also by its words ("anoche")."""
    alert = alert_of_intents()[intent]
    return alert >= Alert.URGENT or (alert is Alert.ATTENTION and screen(text).alert >= Alert.URGENT)


def learn(
    counted: list[Counter[str]],
    intents: list[str],
    urgent: list[bool],
    config: dict[str, Any],
    *,
    made_from: str = "",
) -> bytes:
    """Fit the model (scikit-learn): one support vector machine for each intent, a logistic regression for urgency."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    rarity = _rarity(counted, seen=config["seen"])
    place, rarities = {name: number for number, name in enumerate(rarity)}, array("d", rarity.values())
    rows = [vector(one, place, rarities) for one in counted]
    ends = [0]
    for row in rows:
        ends.append(ends[-1] + len(row))
    table = csr_matrix(
        ([value for row in rows for value in row.values()], [number for row in rows for number in row], ends),
        shape=(len(rows), len(rarity)),
    )
    meaning = LinearSVC(C=config["strength"], class_weight="balanced", random_state=0).fit(table, intents)
    urgency = LogisticRegression(C=config["urgent_strength"], class_weight="balanced", max_iter=200)
    urgency.fit(table, urgent)
    weights = np.vstack([meaning.coef_ * config["sharpness"], urgency.coef_])
    intercepts = [*(meaning.intercept_ * config["sharpness"]), urgency.intercept_[0]]
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-9) / _MOST
    return write_linear(
        made_from=made_from,
        labels=tuple(str(label) for label in meaning.classes_),
        intercepts=tuple(float(one) for one in intercepts),
        names=tuple(place),
        rarities=rarities,
        scales=array("d", scales.tolist()),
        weights=[(one / scales).round().astype("int8").tobytes() for one in weights],
    )


def _rarity(counted: list[Counter[str]], *, seen: int) -> dict[str, float]:
    """ln((1 + examples) / (1 + examples with it)) + 1, for what was seen often enough; sorted by name."""
    holding = Counter(name for one in counted for name in one)
    return {
        name: math.log((1 + len(counted)) / (1 + times)) + 1.0
        for name, times in sorted(holding.items())
        if times >= seen or name[0] == PLAIN_FAMILY
    }
