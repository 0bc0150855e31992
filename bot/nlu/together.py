"""Two readers of one text as one: their probabilities are multiplied, each to the power of its weight. Pure."""

from __future__ import annotations

import math

from bot.nlu.linear import Scores
from bot.nlu.meanings import alert_of_intents
from bot.nlu.rasa_client import Parse
from bot.understood import Alert

#: How much the second reader weighs beside the first, 0 to 1; chosen like the thresholds (docs/adr/0023).
SECOND = 0.6
#: Of what few words mean, not of how grave they are: everyday answers are what the first reader knows by heart.
SECOND_IN_FEW = ((2, 0.0), (4, 0.3))
#: What ends a conversation is believed as far as both believe it, whatever the weights; what erases it only where
#: both find nothing likelier.
_ENDS, _ERASES = frozenset({"quick_exit", "opt_out", "delete_my_data"}), frozenset({"opt_out", "delete_my_data"})
#: Nobody is surer than this of a meaning that is not there: one reader alone rules nothing out.
_LEAST, _LEAST_URGENT = 1e-4, 1e-3


def together(first: Parse, second: Scores | None, text: str) -> Parse:
    """What both say of a text; the first alone where the second says nothing."""
    if second is None:
        return first
    words = len(text.split())
    weight = next((weight for most, weight in SECOND_IN_FEW if words <= most), SECOND)
    theirs = dict(second.ranking)
    both = {}
    for intent, share in first.ranking:
        one, other = max(share, _LEAST), max(theirs.get(intent, 0.0), _LEAST)
        both[intent] = min(one, other) if intent in _ENDS else one ** (1 - weight) * other**weight
    best = {first.ranking[0][0], second.ranking[0][0]}
    both.update(dict.fromkeys(_ERASES & both.keys() if len(best) > 1 else (), _LEAST))
    whole = sum(both.values())
    ranking = sorted(((intent, share / whole) for intent, share in both.items()), key=lambda pair: -pair[1])
    odds = _log_odds(urgent_share(first)), _log_odds(urgent_share(Parse(ranking=second.ranking, urgent=second.urgent)))
    grave = 1.0 / (1.0 + math.exp(-((1 - SECOND) * odds[0] + SECOND * odds[1])))
    return Parse(ranking=tuple(ranking), urgent=first.urgent, grave=grave)


def urgent_share(parse: Parse) -> float:
    """How likely it is that the message is at least urgent: the mean of its urgent meanings and of "urgent"."""
    if parse.grave is not None:
        return parse.grave
    alerts = alert_of_intents()
    meanings = sum(share for intent, share in parse.ranking if alerts[intent] >= Alert.URGENT)
    return meanings if parse.urgent is None else (meanings + parse.urgent) / 2


def _log_odds(share: float) -> float:
    return math.log((share + _LEAST_URGENT) / (1 - share + _LEAST_URGENT))
