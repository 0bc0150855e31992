"""What the service keeps for itself, of nobody."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, String, Table

from storage.tables.columns import metadata, moment

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "watermarks.name": "a word of ours",
    "troubles.name": "a word of ours",
    "troubles.place": "a machine of ours, by its name",
}

#: How far something was done that is done again and again, by one process at a time.
watermarks = Table(
    "watermarks",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, comment="everything up to here was done"),
    moment("held_until"),
)

#: What is wrong with the service, from its beginning until the operator was told of its end.
troubles = Table(
    "troubles",
    metadata,
    Column("name", String, primary_key=True),
    Column("place", String, primary_key=True, comment="the machine that has it; empty: everybody's"),
    moment("began_at", nullable=False),
    moment("seen_at", nullable=False),
    moment("told_at"),
    moment("next_try_at"),
)
