"""What is counted."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Column, Index, LargeBinary, SmallInteger, String, Table, text

from storage.tables.columns import metadata, moment, of_conversation, own_id

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "sessions.channel": "as in conversations",
    "sessions.role": "as in conversations",
    "sessions.municipality": "a code of the list, never an address",
    "sessions.zone": "a name of the list",
    "sessions.topics": "words of the label vocabulary",
    "sessions.outcome": "a closed list",
    "sessions.helped": "a closed list",
    "sessions.violence": "a closed list",
    "sessions.traits": "words of closed lists, with no name and no phone beside them",
}

#: What reports are made of: no text, no phone, and after an erasure a pseudonym that means nobody.
sessions = Table(
    "sessions",
    metadata,
    own_id(),
    of_conversation(nullable=True),
    Column("pseudonym", LargeBinary, nullable=False),
    Column("channel", String, nullable=False),
    Column("role", String, nullable=False),
    Column("municipality", String),
    Column("zone", String),
    Column("topics", ARRAY(String), nullable=False),
    Column("alert", SmallInteger, nullable=False, comment="0 none, 1 attention, 2 urgent, 3 emergency"),
    Column("outcome", String),
    Column("turns", BigInteger, nullable=False),
    moment("opened_at", nullable=False),
    moment("last_at", nullable=False),
    moment("closed_at"),
    Column("helped", String, comment="her answer to the one question, if any"),
    Column("violence", String, comment="one of the six types of the GBVIMS, as a psychologist noted it"),
    Column(
        "traits",
        ARRAY(String),
        nullable=False,
        server_default="{}",
        comment="what she told of herself, as name=word; emptied when she is forgotten",
    ),
    Index("ix_sessions_opened_at", "opened_at"),
    Index("ix_sessions_conversation_id", "conversation_id"),
    Index("ix_sessions_open", "last_at", postgresql_where=text("closed_at IS NULL")),
)
