"""The tables, by subject. Text that a person wrote, her number and her state are sealed; the rest is listed.

A column of text or JSON that is not sealed must be in ``PLAIN_TEXT`` of its table's file: a test compares the
database with all of them, so that nothing readable is ever added by habit. Whoever needs all tables at once, as the
migrations do, finds them in ``metadata`` here.
"""

from __future__ import annotations

from storage.tables import audit, conversations, handovers, keys, people, provider, sessions, staff, upkeep
from storage.tables.columns import metadata

__all__ = ["PLAIN_TEXT", "metadata"]

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    **keys.PLAIN_TEXT,
    **people.PLAIN_TEXT,
    **conversations.PLAIN_TEXT,
    **sessions.PLAIN_TEXT,
    **handovers.PLAIN_TEXT,
    **staff.PLAIN_TEXT,
    **audit.PLAIN_TEXT,
    **provider.PLAIN_TEXT,
    **upkeep.PLAIN_TEXT,
}
