"""What a text means, as values. Nothing else is imported: Rasa's older interpreter reads this too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Alert(IntEnum):
    """How grave a message is; the order is the meaning (``max`` gives the graver)."""

    NONE = 0
    ATTENTION = 1
    URGENT = 2
    EMERGENCY = 3

    @property
    def word(self) -> str:
        """The lower-case word used in data, reports and on the wire."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A municipality of the department (``code`` 76xxx), or one outside it (``FUERA_VALLE``)."""

    code: str
    name: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What a text means, in the words of the label vocabulary.

    ``by`` names what decided: ``screen``, ``rasa``, ``command``, ``button`` or ``nothing``.
    ``cues`` are the person's own words that raised the alert, for staff to read. ``kinds`` are what the
    words name besides (``here``, ``minor``, ``partner``, ``strangling``, ...); never a guess.
    """

    intent: str = "unknown"
    confidence: float = 0.0
    alert: Alert = Alert.NONE
    place: Place | None = None
    by: str = "nothing"
    cues: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
