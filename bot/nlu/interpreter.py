"""Says what a text means: by words, by place names, by two readers who answer as one; the gravest of them counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import aiohttp

from bot.messages import Alert, Place, Understanding
from bot.nlu.aside import ReaderAside
from bot.nlu.linear import LinearModel, Scores, load_linear
from bot.nlu.meanings import OUT_OF_SCOPE, alert_of_intents
from bot.nlu.rasa_client import Parse, RasaClient
from bot.nlu.together import together, urgent_share
from bot.safety import Screening, combine, has_letters, is_only_a_saying, screen, without_weak_words
from bot.territory import Territory, department, find

UNKNOWN = "unknown"
#: Below this the best of 28 meanings is right in one case of four (bot/nlu/README.md): the dialogue asks instead.
CONFIDENT = 0.25
#: An alert is believed when the meanings that carry it are together likelier than not, whichever of them it is;
LIKELIER_THAN_NOT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """From which probability a text is urgent: all chosen on texts that the readers had not seen.

    ``urgent``: well below one half: a woman in danger who is missed weighs more than a false alarm; later by up to
    ``harmless`` where harmless meanings are likely. ``few_words`` of them answer a question ("estoy en la calle"):
    what they say plainly is the screen's to hear. ``saying``: the screen found an idiom and nothing grave.
    """

    urgent: float
    harmless: float
    few_words: float
    saying: float


FEW_WORDS = 6
#: Both readers, and the first alone (docs/adr/0023, docs/adr/0010).
BY_TWO = Believed(urgent=0.15, harmless=0.4, few_words=0.15, saying=0.3)
BY_ONE = Believed(urgent=0.15, harmless=0.2, few_words=0.4, saying=0.6)
#: Weak words ("me ahogo") call for attention and no more where both readers are together so sure of one of these
#: meanings, and find it less likely than this that the text is urgent.
NOTHING_GRAVE, SURE_OF_IT, HARDLY_URGENT = frozenset({OUT_OF_SCOPE, "emotional_distress"}), 0.82, 0.3
#: In a frame (laughter, a lesson, a story, a time long over) every meaning without an alert counts, and less will do.
SURE_IN_A_FRAME, HARDLY_URGENT_IN_A_FRAME = 0.6, 0.35
FRAME = "frame"
#: A place in so few words is the message, whatever small talk Rasa took it for.
_WORDS_AROUND_A_PLACE = 8
_PLACE_ALONE = 2
#: "Buenos días desde La Cumbre" is a greeting all the same.
_POLITE = frozenset({"greet", "goodbye", "thank"})
_SMALL_TALK = frozenset({UNKNOWN, OUT_OF_SCOPE, "affirm", "deny", "greet", "goodbye", "thank"})


class SecondReader(Protocol):
    """Says what a text means, or None where it cannot in time; never raises."""

    @property
    def is_reading(self) -> bool:
        """Whether it answers at all."""

    async def read(self, text: str) -> Scores | None:
        """Its probabilities."""


class WordsAndRasa:
    """The interpreter of the service. ``interpret`` never raises and never logs a text.

    With a Rasa to ask it is asked; without one, or while it fails, the model that Rasa trained is scored here. The
    second reader reads beside it, where there is one.
    """

    def __init__(
        self, rasa: RasaClient, territory: Territory, model: LinearModel, second: SecondReader | None = None
    ) -> None:
        self._rasa, self._territory, self._model, self._second = rasa, territory, model, second

    async def interpret(self, text: str) -> Understanding:
        """What a text means; intent ``unknown`` where nobody is sure, the alert all the same."""
        return where_sure(await self.read(text))

    async def read(self, text: str) -> Understanding:
        """The best guess, however unsure; its intent is ``unknown`` only where Rasa gave none and words say nothing."""
        if not has_letters(text):
            return joined(text, Understanding(), self._territory)
        second = asyncio.create_task(self._second.read(text)) if self._second is not None else None
        parse = await self._rasa.parse(text)
        if parse is None:
            scores = self._model.score(text)
            parse = Parse(ranking=scores.ranking, urgent=scores.urgent)
        if second is not None:
            parse = together(parse, await second, text)
        return joined(text, understood(parse, text), self._territory, is_ruled_out=is_ruled_out(parse, screen(text)))

    async def is_ready(self) -> bool:
        """Whether the Rasa that is to be asked answers; without one there is nothing to wait for."""
        return not self._rasa.is_named or await self._rasa.is_ready()

    @property
    def has_second_reader(self) -> bool | None:
        """Whether the second reader reads; None where it is off by setting."""
        return self._second.is_reading if self._second is not None else None


@asynccontextmanager
async def open_interpreter(
    url: str, token: str, timeout_seconds: float, *, has_second_reader: bool = True
) -> AsyncIterator[WordsAndRasa]:
    """An interpreter with one connection pool; an empty ``url``: nobody is asked.

    ``has_second_reader``: texts are read by both, where the second can be loaded.

    Raises ``ContentError`` if the model that is kept with the code is missing or no model.
    """
    model = load_linear()
    model.score("hola")  # reads the lexicon and the concepts now instead of with the first message
    connector = aiohttp.TCPConnector(limit=32)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        rasa = RasaClient(
            session, url=url, token=token, timeout_seconds=timeout_seconds, intents=frozenset(alert_of_intents())
        )
        aside = ReaderAside() if has_second_reader else None
        if aside is not None:
            await aside.start()
        try:
            yield WordsAndRasa(rasa, department(), model, aside)
        finally:
            if aside is not None:
                await aside.close()


def understood(parse: Parse | None, text: str) -> Understanding:
    """What Rasa's answer about a text means by itself: its best intent, and an alert that is likely enough."""
    if parse is None:
        return Understanding()
    return Understanding(intent=parse.intent, confidence=parse.confidence, alert=_alert(parse, text), by="rasa")


def is_ruled_out(parse: Parse, screening: Screening) -> bool:
    """Whether both readers are sure that a text is not urgent; one alone rules nothing out."""
    if parse.grave is None:
        return False
    if FRAME in screening.kinds and parse.grave < HARDLY_URGENT_IN_A_FRAME:
        alerts = alert_of_intents()
        return sum(share for intent, share in parse.ranking if not alerts[intent]) >= SURE_IN_A_FRAME
    sure = sum(share for intent, share in parse.ranking if intent in NOTHING_GRAVE)
    return parse.grave < HARDLY_URGENT and sure >= SURE_OF_IT


def joined(text: str, heard: Understanding, territory: Territory, *, is_ruled_out: bool = False) -> Understanding:
    """One meaning out of a text's words, its places and what was ``heard`` in it, however unsure.

    ``is_ruled_out``: weak words in it do not mean danger.
    """
    if not has_letters(text):
        # Rasa has a meaning for every text, also for "." and for an emoji: a guess about nothing.
        return combine(screen(text), Understanding())
    said = without_weak_words(screen(text)) if is_ruled_out else screen(text)
    return located(combine(said, heard), find(territory, text), words=len(text.split()))


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
    shares[Alert.URGENT] = urgent_share(parse)
    needed = dict.fromkeys(Alert, LIKELIER_THAN_NOT)
    needed[Alert.URGENT] = _urgent_from(parse, text)
    return max(level for level in Alert if level is Alert.NONE or shares[level] >= needed[level])


def _urgent_from(parse: Parse, text: str) -> float:
    believed = BY_ONE if parse.grave is None else BY_TWO
    least = believed.saying if is_only_a_saying(screen(text)) else 0.0
    from_ = believed.few_words if len(text.split()) <= FEW_WORDS else believed.urgent
    alerts = alert_of_intents()
    if parse.grave is not None:
        harmless = sum(share for intent, share in parse.ranking if not alerts[intent])
        return max(least, from_ + believed.harmless * harmless)
    is_harmless = not alerts[parse.intent] and parse.confidence > LIKELIER_THAN_NOT
    return max(least, from_ + believed.harmless * parse.confidence * is_harmless)


def guessed(best: Understanding) -> Understanding:
    """An intent of the vocabulary whatever happened: words without meaning to us are out of scope."""
    return replace(best, intent=OUT_OF_SCOPE) if best.intent == UNKNOWN else best
