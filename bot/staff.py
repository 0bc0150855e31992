"""Who works here, and the rules of signing in: how long one may be idle, and how long a guesser waits. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from bot.takeover import load_times

#: Between the password and the code.
HALFWAY = timedelta(minutes=10)
#: Choosing a password and setting up a phone takes longer.
ENROLLING = timedelta(minutes=30)
#: Guesses are forgotten after this long without a new one.
FORGOTTEN = timedelta(hours=24)
#: NIST SP 800-63B-4 §3.1.1.2: length is what counts, with no rule about kinds of characters.
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128


class Role(StrEnum):
    """What somebody is here for; what she may do is in ``rights.yml``."""

    PSYCHOLOGIST = "psychologist"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Stage(StrEnum):
    """How far a sign-in has come: the password was right; she must enrol; she is in."""

    CODE = "code"
    ENROL = "enrol"
    OPEN = "open"


class Standing(StrEnum):
    """What a sign-in is worth now."""

    GOOD = "good"
    LOCKED = "locked"
    ENDED = "ended"


class Guessed(StrEnum):
    """What was guessed at: somebody's password, her code, or anything from one address."""

    PASSWORD = "password"  # noqa: S105 - the word, not one
    CODE = "code"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the staff, as colleagues know her: ``Member(alias="Ana", role=Role.PSYCHOLOGIST, zones={"sur"}, …)``.

    ``must_enrol``: she has a password that somebody told her. ``has_code``: a phone of hers makes codes.
    """

    id: UUID
    alias: str
    role: Role
    zones: frozenset[str]
    must_enrol: bool = False
    has_code: bool = False
    is_demo: bool = False
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One browser in which somebody signed in. All times are aware and the database's."""

    id: UUID
    member: Member
    stage: Stage
    created_at: datetime
    seen_at: datetime
    locked_at: datetime | None = None
    ended_at: datetime | None = None


def standing(sign_in: SignIn, now: datetime) -> Standing:
    """What this sign-in is worth at ``now``: idle time locks it, its age or the end of her work ends it."""
    age = now - sign_in.created_at
    longest = {Stage.CODE: HALFWAY, Stage.ENROL: ENROLLING, Stage.OPEN: load_times().signed_in}[sign_in.stage]
    if sign_in.ended_at is not None or sign_in.member.ended_at is not None or age >= longest:
        return Standing.ENDED
    if sign_in.locked_at is not None or now - sign_in.seen_at >= load_times().idle:
        return Standing.LOCKED
    return Standing.GOOD


def wait_after(guessed: Guessed, failures: int) -> timedelta:
    """How long nothing is tried after so many failures in a row.

    One person: five free, then 1, 2, 4 … seconds and at most a minute, so that nobody is kept out of her work for
    long by somebody who types her login. One address: twenty free, since an office has one; at most 15 minutes.
    """
    free, most = (20, 900) if guessed is Guessed.ADDRESS else (5, 60)
    return timedelta(seconds=min(2 ** min(failures - free, 16), most)) if failures >= free else timedelta()


def address_bucket(address: str) -> str:
    """What counts as one address: an IPv4 address, or a whole IPv6 network of 64 bits, which one customer has."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> 64 << 64)) + "/64"
    return str(found)


def weak(password: str, *, about: str) -> str | None:
    """Why this password will not do, in Spanish; None if it will. ``about``: words of hers that it may not hold."""
    if len(password) < SHORTEST_PASSWORD:
        return f"Use al menos {SHORTEST_PASSWORD} caracteres: una frase corta sirve."
    if len(password) > LONGEST_PASSWORD:
        return f"Use a lo sumo {LONGEST_PASSWORD} caracteres."
    said = password.casefold()
    if len(set(said)) < 5:
        return "Use más letras distintas."
    if any(word in said for word in about.casefold().split() if len(word) > 3):
        return "No use su usuario ni su alias en la clave."
    return None
