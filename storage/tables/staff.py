"""Who works here, how she proves who she is, when she is there, and what the team says often."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from storage.tables.columns import metadata, moment, of_staff, own_id

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "saved_replies.name": "our own words: how a reply is called",
    "saved_replies.words": "our own words, to nobody in particular, checked before they are saved",
    "staff.alias": "the name she chose to work under, which people and colleagues see; never her own",
    "staff.role": "a closed list",
    "staff.zones": "names of the list",
    "staff_sign_ins.stage": "a closed list",
    "shifts.zone": "a name of the list",
}

staff = Table(
    "staff",
    metadata,
    own_id(),
    Column("alias", String, nullable=False, unique=True),
    Column("login_index", LargeBinary, nullable=False, unique=True, comment="blind"),
    Column("login_sealed", LargeBinary, nullable=False),
    Column("role", String, nullable=False),
    Column("zones", ARRAY(String), nullable=False),
    Column(
        "password_sealed", LargeBinary, nullable=False, comment="the argon2id hash, sealed: no guessing from a dump"
    ),
    Column("password_until", DateTime(timezone=True), comment="a told password opens once, until then"),
    Column("totp_sealed", LargeBinary),
    Column("totp_step", BigInteger, comment="the last 30 seconds whose code was taken: a code counts once"),
    Column("must_enrol", Boolean, nullable=False),
    Column("is_demo", Boolean, nullable=False, comment="its password is printed: of no use outside a demonstration"),
    moment("created_at", nullable=False),
    moment("ended_at"),
)

staff_recovery_codes = Table(
    "staff_recovery_codes",
    metadata,
    own_id(),
    of_staff(),
    Column("code_hash", LargeBinary, nullable=False),
    moment("used_at"),
    UniqueConstraint("staff_id", "code_hash"),
)

staff_sign_ins = Table(
    "staff_sign_ins",
    metadata,
    own_id(),
    of_staff(),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("stage", String, nullable=False),
    moment("created_at", nullable=False),
    moment("seen_at", nullable=False),
    moment("locked_at"),
    moment("ended_at"),
    Index("ix_staff_sign_ins_live", "staff_id", postgresql_where=text("ended_at IS NULL")),
)

#: What was guessed at lately: a blind index of the login that was typed, or of the address it came from.
staff_guesses = Table(
    "staff_guesses",
    metadata,
    Column("bucket", LargeBinary, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    moment("last_at", nullable=False),
)

#: A coordinator asks, somebody else confirms.
staff_resets = Table(
    "staff_resets",
    metadata,
    own_id(),
    of_staff(),
    of_staff("asked_by"),
    moment("asked_at", nullable=False),
    of_staff("confirmed_by", nullable=True),
    moment("closed_at"),
    CheckConstraint("confirmed_by NOT IN (asked_by, staff_id) AND asked_by <> staff_id", name="two_others"),
    Index("uq_staff_resets_open", "staff_id", unique=True, postgresql_where=text("closed_at IS NULL")),
)

shifts = Table(
    "shifts",
    metadata,
    own_id(),
    of_staff(),
    Column("zone", String, comment="null: the whole department"),
    Column("on_call", Boolean, nullable=False, comment="counts outside the opening hours and on holidays"),
    moment("starts_at", nullable=False),
    moment("ends_at", nullable=False),
    moment("cancelled_at"),
    CheckConstraint("starts_at < ends_at", name="ends_later"),
    Index("ix_shifts_live", "ends_at", postgresql_where=text("cancelled_at IS NULL")),
)

holidays = Table("holidays", metadata, Column("day", Date, primary_key=True))

#: What the team says often, written by coordinators; it is copied into a message, so nothing points here.
saved_replies = Table(
    "saved_replies",
    metadata,
    own_id(),
    Column("name", String, nullable=False),
    Column("words", String, nullable=False),
    moment("changed_at", nullable=False),
    moment("ended_at"),
    Index("uq_saved_replies_live", "name", unique=True, postgresql_where=text("ended_at IS NULL")),
)
