"""How a person in care is shown: the ten things that a psychologist needs first, in Spanish words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path

from bot.content import LINE, read_yaml
from bot.dialogue.contact import may_contact
from bot.dialogue.drawing.names import called
from bot.dialogue.state import Phone
from bot.messages import Alert
from bot.outcomes import outcome_of
from bot.territory import department
from bot.territory.data import FOLDER
from storage.panel import Story
from storage.transcript import Line
from storage.views import Place

_FILE = Path(__file__).parent / "care.yml"
#: Pictures in such a conversation are not shown before somebody decides to see each of them (seguridad §5).
_NEVER_PREVIEWED = frozenset({"minor", "child", "sexual", "obscene"})
_TOPICS_NEVER_PREVIEWED = frozenset({"sexual_violence", "child_sexual", "child_at_risk", "digital_violence"})
#: What the program only noted for itself, and what it may have guessed from her words.
_OF_THE_PROGRAM = frozenset({"team_asked", "vetoed", "limits_told", "told", "municipality_kind", "may_talk"})
#: What everybody says: it tells nothing of her.
_SMALL_TALK = frozenset({"greet", "goodbye", "thank", "affirm", "deny", "out_of_scope", "inform_municipality"})
_GUESSED_SLOTS = frozenset({"situation", "topic"})
_BELLS = ("warn_owner_gone", "stand_by", "warn_owner")
#: Of these only the last that struck is true.
_WINDOW_BELLS = ("window_23h", "window_22h", "window_20h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One thing that is known of her: ``Known(what="Municipio: Palmira", by_her=True)``; else it was guessed."""

    what: str
    by_her: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One person in care, in words: what the queue shows, and the first things of her page."""

    place: Place
    where: str
    topics: tuple[str, ...]
    reason: str
    grave: tuple[str, ...]
    there: tuple[str, ...]
    bells: tuple[str, ...]

    @property
    def alert(self) -> str:
        """The word by which the page colours it."""
        return self.place.alert.word

    @property
    def waits_since(self) -> datetime | None:
        """Since when she waits for somebody; None if she was answered."""
        return self.place.unanswered_since or (self.place.since if self.place.owner is None else None)


@cache
def care_words() -> Mapping[str, Mapping[str, str]]:
    """What the console says, by kind and key; raises ``ContentError``."""
    content = read_yaml(_FILE)
    return {
        kind: {key: str(value) for key, value in rows.items() if key != LINE}
        for kind, rows in content.items()
        if kind != LINE
    }


def say(kind: str, key: str) -> str:
    """One word of the console, or the key itself."""
    return care_words().get(kind, {}).get(key, key)


def card(place: Place) -> Card:
    """A handover as the queue shows it."""
    words = called()
    return Card(
        place=place,
        where=where(place),
        topics=tuple(dict.fromkeys(_topic(topic) for topic in place.topics)),
        reason=care_words()["reason"].get(place.reason) or words["reasons"].get(place.reason, place.reason),
        grave=_named("grave", place.kinds),
        there=_named("there", place.kinds),
        bells=tuple(say("bell", one) for one in _bells(place)),
    )


def _bells(place: Place) -> list[str]:
    if place.owner is None:
        return []
    closes = [one for one in _WINDOW_BELLS if one in place.struck]
    is_open = place.window_until is not None and place.window_until > place.now
    return [one for one in _BELLS if one in place.struck] + (closes[:1] if is_open else [])


def where(place: Place) -> str:
    """Municipality and zone, as far as she told."""
    known = department().by_code.get(place.municipality or "")
    name = known.name if known else ("Fuera del Valle" if place.municipality else "")
    return " · ".join(one for one in (name, f"zona {place.zone}" if place.zone else "") if one) or "No ha dicho dónde"


def grave_of(place: Place, story: Story) -> tuple[str, ...]:
    """What must not be overlooked: by her words, and by what she answered."""
    answered = {"pregnant"} & {name for name, value in story.slots.items() if value in ("yes", True)}
    if story.slots.get("situation") == "uniformed":
        answered |= {"uniformed"}
    if story.slots.get("situation") == "strangulation":
        answered |= {"strangling"}
    return _named("grave", place.kinds | answered)


def known_of(place: Place, story: Story, lines: Sequence[Line]) -> tuple[Known, ...]:
    """What the program knew: what she said or chose, and after it what was only guessed from her words."""
    words = called()
    said = [
        Known(what=one, by_her=name not in _GUESSED_SLOTS)
        for name, value in story.slots.items()
        if name not in _OF_THE_PROGRAM
        and isinstance(value, str)
        and isinstance(one := words["slots"].get(name, {}).get(value), str)
    ]
    said += [Known(what=one, by_her=True) for one in _named("named", place.kinds)]
    guessed = [
        Known(what=_topic(line.meant.intent), by_her=line.meant.by != "rasa")
        for line in lines
        if line.meant is not None and line.meant.intent in words["intents"].keys() - _SMALL_TALK
    ]
    found = {one.what: one for one in sorted([*said, *guessed[-6:]], key=lambda one: one.by_her)}
    return tuple(sorted(found.values(), key=lambda one: not one.by_her))


def forbidden(story: Story) -> tuple[str, ...]:
    """The institutions that she does not want to be told (seguridad §7)."""
    names = _institutions()
    vetoes = [names.get(one, one) for one in story.consents.vetoes()]
    return (*vetoes, *(["A ninguna entidad"] if story.consents.forbids("") and not vetoes else []))


def agreed(story: Story) -> str:
    """How and when she may be looked for; empty if nothing is agreed."""
    found = story.agreement
    if found is None:
        return ""
    hours = f"entre {found.opens:%H:%M} y {found.closes:%H:%M}"
    other = f"; si contesta otra persona: {say('if_other', found.if_other)}" if found.if_other else ""
    doubt = "" if found.confirmed else " (hay que preguntarle de nuevo)"
    return f"Se le puede buscar {say('way', found.way)}, {hours}{other}{doubt}"


def promise(name: str) -> str:
    """What happens next by itself."""
    return care_words()["promise"].get(name) or called()["reminders"].get(name, name)


def is_delicate(place: Place) -> bool:
    """Whether pictures of this conversation are never previewed."""
    return bool(place.kinds & _NEVER_PREVIEWED or set(place.topics) & _TOPICS_NEVER_PREVIEWED)


def is_veiled(line: Line) -> bool:
    """Whether the words are not to be read by accident."""
    return line.meant is not None and "obscene" in line.meant.kinds


def this_episode(lines: Sequence[Line], place: Place, story: Story) -> tuple[Line, ...]:
    """Without what is older than her first message of this time: the past is hers to bring."""
    if not place.returned or story.began_at is None:
        return tuple(lines)
    return tuple(line for line in lines if line.at >= story.began_at)


def may_reopen(place: Place, story: Story, timezone: tzinfo, *, can_reopen: bool) -> str:
    """What may go to her after the provider's window, or why nothing may; empty while the window is open."""
    if place.window_until is None or place.window_until > place.now or place.phone.is_locked:
        return ""
    answer = may_contact(
        story.agreement,
        place.last_word,
        place.now,
        channel=place.channel,
        heard_at=place.phone_since,
        timezone=timezone,
        can_reopen=can_reopen,
    )
    return say("ending", answer)


def why_closed(place: Place) -> str:
    """Why nothing may be written to her now; empty if it may."""
    if place.phone.is_locked and place.lifted_until is None:
        return "No escriba: ella no puede leer segura"
    if place.window_until is not None and place.window_until <= place.now:
        return "Pasaron 24 horas desde su último mensaje: WhatsApp no deja escribir."
    if place.phone is Phone.UNKNOWN and place.lifted_until is None:
        return "No se sabe si puede leer. Pregúntele antes de escribir."
    return ""


def why_not(code: str | None) -> str:
    """Why a letter has not arrived: a reason of ours, or what the provider's number means."""
    return care_words()["code"].get(code or "") or outcome_of(code).says


def loudest(cards: Sequence[Card]) -> Alert:
    """The gravest of those who wait."""
    return max((one.place.alert for one in cards), default=Alert.NONE)


@cache
def _institutions() -> Mapping[str, str]:
    return {row["id"]: row["name"] for row in read_yaml(FOLDER / "services.yml")["services"]}


def _topic(intent: str) -> str:
    return care_words()["topic"].get(intent) or called()["intents"].get(intent, intent)


def _named(kind: str, kinds: frozenset[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for name, words in care_words()[kind].items() if name in kinds))
