"""Who of the team has a conversation, who is rung for it, and how it ended."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)

from storage.tables.columns import metadata, moment, of_conversation, own_id

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "closings.outcome": "a closed list",
    "offers.institution": "an id of the directory of services",
    "offers.answer": "a closed list",
    "handovers.reason": "a closed list",
    "handovers.stage": "a closed list",
    "handovers.zone": "a name of the list",
    "handovers.busy": "a closed list",
    "handovers.struck": "names of clocks",
    "alarms.what": "names of clocks",
}

handovers = Table(
    "handovers",
    metadata,
    own_id(),
    of_conversation(),
    Column("reason", String, nullable=False),
    Column("alert", SmallInteger, nullable=False),
    Column("stage", String, nullable=False),
    Column("lease", BigInteger, nullable=False, comment="one more each time it changes hands"),
    Column("owner", Uuid, comment="a member of staff"),
    Column("reserved_for", Uuid, comment="a member of staff, by name"),
    Column("zone", String),
    Column("raised", SmallInteger, nullable=False, comment="how often it went back to the queue"),
    Column("busy", String),
    Column("struck", ARRAY(String), nullable=False, comment="the bells that have struck in this stage"),
    moment("requested_at", nullable=False),
    moment("since", nullable=False),
    moment("wrote_at"),
    moment("unanswered_since"),
    moment("acted_at"),
    moment("lost_at"),
    moment("busy_until"),
    moment("next_strike_at"),
    moment("first_reply_at"),
    moment("lifted_until"),
    moment("closed_at"),
    Index("ix_handovers_conversation_id", "conversation_id"),
    Index("uq_handovers_open", "conversation_id", unique=True, postgresql_where=text("closed_at IS NULL")),
    Index("ix_handovers_owner", "owner", postgresql_where=text("closed_at IS NULL")),
    Index("ix_handovers_next_strike_at", "next_strike_at", postgresql_where=text("closed_at IS NULL")),
)

#: Who let somebody in the queue pass, and until when she is not offered it.
queue_passes = Table(
    "queue_passes",
    metadata,
    Column("handover_id", Uuid, ForeignKey("handovers.id"), primary_key=True),
    Column("staff_id", Uuid, primary_key=True),
    moment("until", nullable=False),
)

#: Somebody of the team is to be told; never a word of the conversation.
alarms = Table(
    "alarms",
    metadata,
    own_id(),
    Column("handover_id", Uuid, ForeignKey("handovers.id"), nullable=False),
    Column("what", String, nullable=False),
    Column("whom", Uuid, comment="a member of staff; null: everyone on shift, or the zone's coordinator"),
    moment("rung_at", nullable=False),
    moment("mailed_at"),
    Column("attempts", SmallInteger, nullable=False, server_default="0", comment="how often mailing it was tried"),
    moment("next_try_at"),
    moment("texted_at"),
    Column(
        "text_attempts",
        SmallInteger,
        nullable=False,
        server_default="0",
        comment="how often sending it by WhatsApp was tried",
    ),
    moment("next_text_at"),
    Index("ix_alarms_rung_at", "rung_at"),
    Index("ix_alarms_handover_id", "handover_id"),
)

#: What a psychologist has begun to write and not sent: sealed under the key of the one it is for.
drafts = Table(
    "drafts",
    metadata,
    own_id(),
    of_conversation(),
    Column("staff_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    moment("saved_at", nullable=False),
    UniqueConstraint("conversation_id", "staff_id"),
)

#: How a conversation with a psychologist ended; what is counted of it stands in the session's row.
closings = Table(
    "closings",
    metadata,
    own_id(),
    Column("handover_id", Uuid, ForeignKey("handovers.id"), nullable=False, unique=True),
    of_conversation(nullable=True),
    Column("session_id", Uuid),
    Column("staff_id", Uuid, nullable=False),
    Column("outcome", String, nullable=False),
    Column("psychiatry_on", Date, comment="the day of an appointment, and all that is kept of it"),
    Column("note_sealed", LargeBinary),
    moment("at", nullable=False),
    Index("ix_closings_conversation_id", "conversation_id"),
)

#: The entities that were spoken of, and what she said.
offers = Table(
    "offers",
    metadata,
    own_id(),
    Column("closing_id", Uuid, ForeignKey("closings.id"), nullable=False),
    Column("institution", String, nullable=False),
    Column("answer", String, nullable=False),
    UniqueConstraint("closing_id", "institution"),
)
