"""Everything that is kept about the staff and what they did, opened together."""

from __future__ import annotations

from dataclasses import dataclass

from storage.audit import Trail
from storage.board import Board
from storage.database import Database
from storage.gists import Gists
from storage.keys import KeyRing
from storage.panel import Desk
from storage.replies import SavedReplies
from storage.resets import Resets
from storage.shifts import Plan
from storage.sign_ins import SignIns
from storage.staff import StaffRoom


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The staff, their resets, sign-ins and shifts, the people in their care, and the audit trail that notes it all."""

    room: StaffRoom
    resets: Resets
    sign_ins: SignIns
    plan: Plan
    trail: Trail
    desk: Desk
    board: Board
    replies: SavedReplies


def open_office(database: Database, ring: KeyRing, audit_key: bytes) -> Office:
    """The office in one database; ``audit_key`` is 32 bytes and lies nowhere near it."""
    trail, gists = Trail(database, audit_key), Gists(database, ring)
    return Office(
        room=StaffRoom(database, ring, trail),
        resets=Resets(database, ring, trail),
        sign_ins=SignIns(database, ring, trail),
        plan=Plan(database, trail),
        trail=trail,
        desk=Desk(database, ring, trail, gists),
        board=Board(database, ring, trail, gists),
        replies=SavedReplies(database, trail),
    )
