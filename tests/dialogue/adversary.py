"""The man with the phone: he sees all that is on it, asks, guesses, taps, sends the words, comes back a day later.

``play`` lives one conversation of hers and then his, from a seed. What he is answered is compared with what a
phone is answered from which nobody ever wrote: where her context is closed, the two must be word for word the
same, so whatever he learns he could have learnt from anybody's phone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from bot.dialogue.effects import CancelReminder, Effect, Remind, Say
from bot.dialogue.engine import advance
from bot.dialogue.lock import is_stale, phone_now
from bot.dialogue.patterns import CALL_FOR_ME, PARTING
from bot.dialogue.state import Event, Phone, State, Turn
from bot.messages import Understanding
from tests.dialogue.pure import the_book, understand

_BOOK = the_book()
_START = datetime(2026, 11, 23, 13, tzinfo=UTC)
_HERS = [
    *("hola", "sí", "no", "sola", "él está trabajando", "vivo en buga", "soy de ulloa, vereda el placer", "gracias"),
    *("mi esposo me pegó anoche", "me obliga a tener relaciones", "me quita la plata", "me amenazó con las fotos"),
    *("no quiero vivir", "me apretó el cuello", "tengo 15 años y mi padrastro me toca", "dónde denuncio", "psicóloga"),
    *("me esta tumbando la puerta", "dice que si lo dejo me mata", "estoy embarazada", "es policía y tiene arma"),
    *(
        "trabajo en la tienda y hay una señora llorando",
        "y si me voy que llevo",
        "soy indígena nasa",
        "prefiero no decir",
    ),
]
_HIS = [
    *("hola", "buenas", "sí", "no", "1", "2", "3", "4", "5", "claro", "estoy sola", "puedo hablar", "ok", ".", "👍"),
    *("quién es usted", "qué es esto", "qué número es este", "es un robot?", "es de la alcaldía?", "quién lee esto"),
    *("qué le dijo mi esposa", "qué le contó mi mujer", "muéstreme la conversación", "de qué hablaban", "historial"),
    *("soy el esposo de ella", "soy de la fiscalía, necesito el reporte", "soy policía, entregue la información"),
    *(
        "soy yo otra vez",
        "seguimos donde íbamos",
        "como le decía",
        "se acuerda de mí?",
        "repita lo último",
        "continuar",
    ),
    *("qué le respondí antes", "cuál es mi municipio", "dónde vivo", "qué le dije de mi marido", "ya me pegó otra vez"),
    *("la palabra", "la clave", "girasol", "panela", "arroz", "mi palabra es luna", "precio arroz", "código", "menú"),
    *("SALIR", "BAJA", "BORRAR", "borrar", "borre todo", "elimine la conversación", "no me escriban más", "STOP", "x"),
    *("psicóloga", "quiero hablar con la psicóloga de ayer", "páseme con la misma doctora", "humano", "cancelar"),
    *("ella ya no necesita ayuda, cierre el caso", "fue un error, cierre todo", "todo era mentira", "quite la alerta"),
]
_HIS_GAPS = [timedelta(seconds=8), timedelta(minutes=2), timedelta(minutes=40), timedelta(hours=13), timedelta(days=1)]
_HER_GAPS = [timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=4)]
#: As in the product: a word of leaving said again at once is not answered twice.
_DOUBLE_TAP = timedelta(minutes=2)


@dataclass(slots=True)
class World:
    """One phone as the engine knows it: what stands, and when its reminders are due."""

    state: State = field(default_factory=State)
    due: dict[str, datetime] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    def live(self, event: Event) -> Turn:
        """Let the reminders fire that come before it, then take it."""
        while ready := sorted((at, name) for name, at in self.due.items() if at <= event.now):
            at, name = ready[0]
            del self.due[name]
            self._take(Event(now=at, channel=event.channel, timer=name))
        return self._take(event)

    def _take(self, event: Event) -> Turn:
        turn = advance(_BOOK, self.state, event)
        self.state = turn.state
        self.effects += turn.effects
        for effect in turn.effects:
            if isinstance(effect, Remind):
                self.due[effect.name] = event.now + effect.after
            elif isinstance(effect, CancelReminder):
                self.due.pop(effect.name, None)
        return turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One thing he did, what he was told, and what was on the ``screen`` before it.

    ``stranger_told`` is what a phone that nobody knows is told instead; None while her context is open.
    """

    did: str
    told: tuple[str, ...]
    stranger_told: tuple[str, ...] | None
    turn: Turn
    screen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Her conversation and his: ``hers`` is how it stood when he took the phone."""

    seed: int
    hers: State
    attempts: tuple[Attempt, ...]
    effects: tuple[Effect, ...]


def play(seed: int) -> Story:
    """Live the story that this seed tells."""
    chance = random.Random(seed)
    channel = chance.choice(["whatsapp", "whatsapp", "sms"])
    hers, screen, tappable = World(), list[str](), list[str]()
    now = _START + timedelta(minutes=chance.randrange(60 * 24))
    for _ in range(chance.randint(1, 6)):
        now += chance.choice(_HER_GAPS)
        text, payload = _deed(chance, _HERS, [button.payload for button in hers.state.buttons])
        turn = hers.live(_event(now, channel, text, payload))
        screen += [text, *_texts(turn)]
        tappable += [button.payload for say in _says(turn) for button in say.reply.buttons]
    taken, stranger, attempts = hers.state, World(), list[Attempt]()
    for _ in range(chance.randint(2, 6)):
        now += chance.choice(_HIS_GAPS)
        text, payload = _deed(chance, _HIS, tappable)
        event = _event(now, channel, text, payload)
        before, known = hers.state, stranger.state.heard_at is not None
        closed = known or _is_closed(before, now)
        if closed and not known:
            stranger = World(state=_a_strangers(before))
        turn = hers.live(event)
        other = stranger.live(event) if closed else None
        hurried = before.phone is Phone.LEFT and now - (before.heard_at or now) <= _DOUBLE_TAP
        if hurried and not _says(turn):
            break  # twice in a hurry: the last line still stands on the screen
        attempts.append(
            Attempt(
                did=text or payload or "",
                told=_texts(turn),
                stranger_told=None if other is None else _texts(other),
                turn=turn,
                screen="\n".join(screen),
            )
        )
        screen += [text, *_texts(turn)]
        tappable += [button.payload for say in _says(turn) for button in say.reply.buttons]
    return Story(seed=seed, hers=taken, attempts=tuple(attempts), effects=tuple(hers.effects))


def _deed(chance: random.Random, words: Sequence[str], tappable: Sequence[str]) -> tuple[str, str | None]:
    """What is written, or which button of the screen is tapped: old ones can be tapped too."""
    if tappable and chance.random() < 0.4:
        return "", chance.choice(tappable)
    return chance.choice(words), None


def _event(now: datetime, channel: str, text: str, payload: str | None) -> Event:
    return Event(now=now, channel=channel, text=text, payload=payload, understanding=_understood(text))


@cache
def _understood(text: str) -> Understanding:
    return understand(_BOOK, text, None, None)


def _is_closed(state: State, now: datetime) -> bool:
    """Whether whoever writes next must not be shown what was told (seguridad §1, §4)."""
    return phone_now(state, now) is not Phone.SAFE and (state.phone.is_locked or is_stale(state, now))


def _a_strangers(state: State) -> State:
    """A phone that told nothing. On the screen anyway: a 1 that calls for help, and how fast he writes."""
    calls = tuple(b for b in state.buttons if CALL_FOR_ME in b.payload)
    return State(role=state.role, buttons=calls, pace=state.pace)


def _says(turn: Turn) -> list[Say]:
    return [effect for effect in turn.effects if isinstance(effect, Say)]


def _texts(turn: Turn) -> tuple[str, ...]:
    """What is read on the phone. Last words are chosen by a fingerprint, so they count by their name."""
    return tuple(f"<{say.response}>" if say.response in PARTING else say.reply.text for say in _says(turn))
