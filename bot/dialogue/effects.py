"""What a turn asks for; ``storage`` turns each into rows, in one commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.messages import Alert, Reply, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say one thing. ``parting`` marks the last words before the phone is locked.

    ``until`` (aware) is the last moment at which it may leave: only what nobody asked for just now has one.
    ``reopens``: it goes as a template that the provider approved, though the provider's window is closed.
    """

    reply: Reply
    response: str
    parting: bool = False
    until: datetime | None = None
    reopens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """Come back to this conversation after a while; one live reminder a name."""

    name: str
    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReminder:
    """Forget a reminder that has not fired."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHuman:
    """Ask for a person of the team; a second request only raises the first one's alert."""

    reason: str
    alert: Alert = Alert.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSession:
    """Add to the session's row; only what is given changes, an alert is only ever raised."""

    topic: str | None = None
    municipality: str | None = None
    zone: str | None = None
    alert: Alert | None = None
    outcome: str | None = None
    helped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteConsent:
    """Note what she allows: ``NoteConsent(layer="share", institution="comisaria", answer="given", ...)``.

    ``text`` is the response that she answered and ``version`` its hash as it is worded now, which the walk fills in.
    ``institution`` is an id of the directory of services; None in the layer ``share`` means all of them.
    """

    layer: str
    answer: str
    text: str
    version: str = ""
    institution: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing is said, and why.

    ``exit``, ``unsafe``: the phone is locked. ``human``, ``waiting``: a person speaks, or was asked for.
    ``asked_already``: a second dot. ``loop``: a machine writes. ``outdated``: a timer that means nothing any
    more. ``agreed_contact``: the hour that she agreed to, and a person decides. ``word_agreed``: a psychologist
    and she agreed a word by voice. ``unreachable``: a delivery failed for good.
    ``human_left``, ``closed``: a person of the team gave the conversation back, or ended it.
    ``internal_error``: a turn that failed, phone locked. ``borrowed_over``: a lent phone is its owner's again.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Erase this person after what is queued has gone out, and after ``after``."""

    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Close what was said up to here to everybody who reads (seguridad §4); destroying it comes later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """A person of the team speaks from here on: what the bot has queued does not go out any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakAs:
    """From here on somebody writes in another role: all of this turn, her message too, belongs to that conversation.

    It is a turn's first effect. ``left_alert``: how grave what she leaves was; a person is asked for there if urgent.
    """

    role: Role
    left_alert: Alert = Alert.NONE


Effect = (
    SpeakAs
    | Say
    | Remind
    | CancelReminder
    | RequestHuman
    | LogSession
    | NoteConsent
    | Silence
    | Forget
    | Seal
    | Withdraw
)
