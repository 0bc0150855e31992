"""Says what a text means: by words, by place names, by Rasa, and the gravest of them counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from bot.messages import Alert, Place, Understanding
from bot.nlu.linear import LinearModel, load_linear
from bot.nlu.meanings import OUT_OF_SCOPE, alert_of_intents
from bot.nlu.rasa_client import Parse, RasaClient
from bot.safety import combine, has_letters, is_only_a_saying, screen
from bot.territory import Territory, department, find

UNKNOWN = "unknown"
#: Below this the best of 28 meanings is right in one case of four (bot/nlu/README.md): the dialogue asks instead.
CONFIDENT = 0.25
#: An alert is believed when the meanings that carry it are together likelier than not, whichever of them it is;
LIKELIER_THAN_NOT = 0.5
#: what is urgent already from here on: a woman in danger who is missed weighs more than a false alarm;
URGENT_FROM = 0.15
#: later by up to so much where the likeliest meaning is harmless, and likelier than all others together;
HARMLESS_MARGIN = 0.2
#: and in so few words, most of which answer a question ("estoy en la calle"), from here on: what such words say
#: plainly is the screen's to hear.
FEW_WORDS, URGENT_FROM_IN_FEW = 6, 0.4
#: Where the screen found an idiom and nothing grave, a guess has to be this sure.
URGENT_FROM_IN_A_SAYING = 0.6
#: A place in so few words is the message, whatever small talk Rasa took it for.
_WORDS_AROUND_A_PLACE = 8
_PLACE_ALONE = 2
#: "Buenos días desde La Cumbre" is a greeting all the same.
_POLITE = frozenset({"greet", "goodbye", "thank"})
_SMALL_TALK = frozenset({UNKNOWN, OUT_OF_SCOPE, "affirm", "deny", "greet", "goodbye", "thank"})


class WordsAndRasa:
    """The interpreter of the service. ``interpret`` never raises and never logs a text.

    With a Rasa to ask it is asked; without one, or while it fails, the model that Rasa trained is scored here.
    """

    def __init__(self, rasa: RasaClient, territory: Territory, model: LinearModel) -> None:
        self._rasa, self._territory, self._model = rasa, territory, model

    async def interpret(self, text: str) -> Understanding:
        """What a text means; intent ``unknown`` where nobody is sure, the alert all the same."""
        return where_sure(await self.read(text))

    async def read(self, text: str) -> Understanding:
        """The best guess, however unsure; its intent is ``unknown`` only where Rasa gave none and words say nothing."""
        if not has_letters(text):
            return joined(text, Understanding(), self._territory)
        parse = await self._rasa.parse(text)
        if parse is None:
            scores = self._model.score(text)
            parse = Parse(ranking=scores.ranking, urgent=scores.urgent)
        return joined(text, understood(parse, text), self._territory)

    async def is_ready(self) -> bool:
        """Whether the Rasa that is to be asked answers; without one there is nothing to wait for."""
        return not self._rasa.is_named or await self._rasa.is_ready()


@asynccontextmanager
async def open_interpreter(url: str, token: str, timeout_seconds: float) -> AsyncIterator[WordsAndRasa]:
    """An interpreter with one connection pool; an empty ``url``: nobody is asked.

    Raises ``ContentError`` if the model that is kept with the code is missing or no model.
    """
    model = load_linear()
    model.score("hola")  # reads the lexicon and the concepts now instead of with the first message
    connector = aiohttp.TCPConnector(limit=32)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        rasa = RasaClient(
            session, url=url, token=token, timeout_seconds=timeout_seconds, intents=frozenset(alert_of_intents())
        )
        yield WordsAndRasa(rasa, department(), model)


def understood(parse: Parse | None, text: str) -> Understanding:
    """What Rasa's answer about a text means by itself: its best intent, and an alert that is likely enough."""
    if parse is None:
        return Understanding()
    return Understanding(intent=parse.intent, confidence=parse.confidence, alert=_alert(parse, text), by="rasa")


def joined(text: str, heard: Understanding, territory: Territory) -> Understanding:
    """One meaning out of a text's words, its places and what Rasa ``heard`` in it, however unsure."""
    if not has_letters(text):
        # Rasa has a meaning for every text, also for "." and for an emoji: a guess about nothing.
        return combine(screen(text), Understanding())
    return located(combine(screen(text), heard), find(territory, text), words=len(text.split()))


def where_sure(best: Understanding) -> Understanding:
    """The meaning as the dialogue gets it: a guess that is nearly always wrong is ``unknown``."""
    if best.by == "rasa" and best.confidence < CONFIDENT:
        return replace(best, intent=UNKNOWN)
    return best


def located(meant: Understanding, place: Place | None, *, words: int) -> Understanding:
    """Add the place; a few words that hold nothing else tell where she is."""
    if place is None:
        return meant
    is_greeting = meant.intent in _POLITE and meant.confidence >= LIKELIER_THAN_NOT and words > _PLACE_ALONE
    if words <= _WORDS_AROUND_A_PLACE and meant.intent in _SMALL_TALK and not is_greeting:
        return replace(meant, intent="inform_municipality", confidence=1.0, by="screen", place=place)
    return replace(meant, place=place)


def _alert(parse: Parse, text: str) -> Alert:
    """The gravest alert whose meanings, taken together, are likely enough."""
    alerts = alert_of_intents()
    shares = {level: sum(share for intent, share in parse.ranking if alerts[intent] >= level) for level in Alert}
    if parse.urgent is not None:
        shares[Alert.URGENT] = (shares[Alert.URGENT] + parse.urgent) / 2
    is_harmless = alerts[parse.intent] is Alert.NONE and parse.confidence > LIKELIER_THAN_NOT
    needed = dict.fromkeys(Alert, LIKELIER_THAN_NOT)
    needed[Alert.URGENT] = URGENT_FROM_IN_FEW if len(text.split()) <= FEW_WORDS else URGENT_FROM
    needed[Alert.URGENT] += HARMLESS_MARGIN * parse.confidence if is_harmless else 0.0
    if is_only_a_saying(screen(text)):
        needed[Alert.URGENT] = URGENT_FROM_IN_A_SAYING
    return max(level for level in Alert if level is Alert.NONE or shares[level] >= needed[level])


def guessed(best: Understanding) -> Understanding:
    """An intent of the vocabulary whatever happened: words without meaning to us are out of scope."""
    return replace(best, intent=OUT_OF_SCOPE) if best.intent == UNKNOWN else best
