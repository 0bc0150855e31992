"""Who wrote, and what each of them allowed."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, String, Table, Uuid, text

from storage.tables.columns import metadata, moment, of_conversation, own_id

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "consents.layer": "talk, count or share",
    "consents.institution": "an id of the directory of services",
    "consents.answer": "given, refused or withdrawn",
    "consents.text_version": "a hash of our own text",
    "consents.channel": "as in conversations",
}

people = Table(
    "people",
    metadata,
    own_id(),
    Column("phone_index", LargeBinary, unique=True, comment="blind; null once forgotten"),
    Column("phone_sealed", LargeBinary),
    Column("pseudonym", LargeBinary, nullable=False),
    moment("created_at", nullable=False),
    moment("forget_at"),
    Column("forget_decided", Boolean, nullable=False, comment="an operator decided: an open crisis does not hold it"),
    moment("forgotten_at"),
    Column("word_digest", LargeBinary, comment="of her personal word, under her key; null once it is spent"),
    Index("ix_people_forgotten_at", "forgotten_at", postgresql_where=text("forgotten_at IS NOT NULL")),
    Index("ix_people_forget_at", "forget_at", postgresql_where=text("forget_at IS NOT NULL AND forgotten_at IS NULL")),
)

#: What she agreed about being contacted: the times are readable, how and at what hour is hers.
contacts = Table(
    "contacts",
    metadata,
    own_id(),
    Column("person_id", Uuid, ForeignKey("people.id"), nullable=False),
    of_conversation(),
    Column("sealed", LargeBinary, comment="how, in which hours, and what if somebody else answers; null once ended"),
    Column("confirmed", Boolean, nullable=False, comment="false once she came back or fell silent: ask her anew"),
    moment("agreed_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("ended_at"),
    Index("uq_contacts_open", "person_id", unique=True, postgresql_where=text("ended_at IS NULL")),
)

#: What she allows, in layers. Rows are only added: the latest of a layer (and institution) is what holds.
consents = Table(
    "consents",
    metadata,
    own_id(),
    Column(
        "conversation_id",
        Uuid,
        ForeignKey("conversations.id"),
        comment="null once forgotten: a permission that was used",
    ),
    Column("layer", String, nullable=False),
    Column("institution", String, comment="null in the layer share: all of them"),
    Column("answer", String, nullable=False),
    Column("text_version", String, nullable=False),
    Column("channel", String, nullable=False),
    moment("at", nullable=False),
    Index("ix_consents_conversation_id", "conversation_id"),
)
