"""How fast one sender may speak: so many a second, slower when told to, and silent while nobody listens there."""

from __future__ import annotations

import random
from dataclasses import dataclass

#: The first silence, and the longest: a provider that is back is heard of within half a minute.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
#: After so many answers in a row that nobody can read, the provider is in trouble, and not one letter.
_UNCLEAR_IN_A_ROW = 3
_SLOWEST = 1 / 32
#: With each letter that is taken, a slowed sender is faster by this much.
_RECOVERS = 1.05
#: What may be saved up while nobody speaks, in seconds: a sender that was idle does not begin with a burst.
_SAVED_SECONDS = 0.25


@dataclass(slots=True, kw_only=True)
class Pace:
    """One sender's speed. ``rate`` is messages (of SMS: segments) a second; None is as fast as it goes.

    Times are the loop's, in seconds. Of each process alone: replicas that are too fast together are told so by the
    provider, and slow down.
    """

    rate: float | None = None
    _share: float = 1.0
    _saved: float = 1.0
    _counted_at: float = 0.0
    _silent_until: float = 0.0
    _troubles: int = 0
    _unclear: int = 0
    _probing: bool = False
    _hurried_at: float = 0.0

    def room(self, now: float) -> int:
        """How many letters may leave now."""
        if now < self._silent_until:
            return 0
        if self._troubles:
            return 0 if self._probing else 1  # one goes ahead to see whether the others may follow
        if self.rate is None:
            return 1_000
        self._count(now)
        return int(self._saved + 1e-9)

    @property
    def portion(self) -> int:
        """How many to take at once where many wait: what goes in a fifth of a second, at most sixteen."""
        if self.rate is None or self._troubles:
            return 1
        return max(1, min(16, int(self.rate * self._share * 0.2)))

    def hurry(self, now: float) -> None:
        """Somebody is in danger: one letter goes ahead now, though it was to be silent still; once a second."""
        if self._silent_until > now >= self._hurried_at + 1.0:
            self._silent_until, self._hurried_at = now, now

    def spend(self, now: float, cost: int = 1) -> None:
        """A letter leaves."""
        self._probing = self._troubles > 0
        if self.rate is not None:
            self._count(now)
            self._saved -= cost

    def taken(self) -> None:
        """The provider took one: the silence is over."""
        self._troubles, self._unclear, self._probing = 0, 0, False
        self._share = min(1.0, self._share * _RECOVERS)

    def refused(self, now: float, *, slows: bool = False) -> float:
        """The provider takes nothing just now: for how many seconds this sender is silent, with jitter."""
        self._probing = False
        if now >= self._silent_until:  # those that were on their way together are one trouble
            self._troubles += 1
            if slows:
                self._share = max(_SLOWEST, self._share / 2)
            longest = min(_FIRST_PAUSE * 2 ** min(self._troubles - 1, 10), _LONGEST_PAUSE)
            self._silent_until = now + longest * random.uniform(0.5, 1.0)
        return self._silent_until - now

    def unclear(self, now: float) -> None:
        """An answer that nobody can read: of one letter a matter of its own, of several the provider's."""
        self._probing = False
        self._unclear += 1
        if self._unclear >= _UNCLEAR_IN_A_ROW:
            self.refused(now)

    def _count(self, now: float) -> None:
        if self.rate is None:
            return
        rate = self.rate * self._share
        most = max(1.0, rate * _SAVED_SECONDS)
        self._saved = min(most, self._saved + (now - self._counted_at) * rate)
        self._counted_at = now
