"""The tables. Text that a person wrote, her number and her state are sealed; the rest is listed here.

A column of text or JSON that is not sealed must be in ``PLAIN_TEXT``: a test compares the
database with it, so that nothing readable is ever added by habit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "owner_keys.owner_kind": "person, case or staff",
    "conversations.channel": "whatsapp, sms, simulator or terminal",
    "conversations.role": "woman or brigade",
    "conversations.mode": "who speaks: a closed list",
    "conversations.phone": "the lock: a closed list",
    "inbox.source": "which door",
    "inbox.external_id": "the provider's own id, or ours",
    "inbox.kind": "a closed list",
    "inbox.ending": "reply, human or the name of a silence",
    "outbox.author": "bot, or a staff id",
    "outbox.status": "a closed list",
    "outbox.provider_id": "the provider's own id",
    "outbox.code": "the provider's error number, or a reason of ours",
    "sessions.channel": "as in conversations",
    "sessions.role": "as in conversations",
    "sessions.municipality": "a code of the list, never an address",
    "sessions.zone": "a name of the list",
    "sessions.topics": "words of the label vocabulary",
    "sessions.outcome": "a closed list",
    "sessions.helped": "a closed list",
    "sessions.violence": "a closed list",
    "sessions.traits": "words of closed lists, with no name and no phone beside them",
    "closings.outcome": "a closed list",
    "offers.institution": "an id of the directory of services",
    "offers.answer": "a closed list",
    "saved_replies.name": "our own words: how a reply is called",
    "saved_replies.words": "our own words, to nobody in particular, checked before they are saved",
    "consents.layer": "talk, count or share",
    "consents.institution": "an id of the directory of services",
    "consents.answer": "given, refused or withdrawn",
    "consents.text_version": "a hash of our own text",
    "consents.channel": "as in conversations",
    "handovers.reason": "a closed list",
    "handovers.stage": "a closed list",
    "handovers.zone": "a name of the list",
    "handovers.busy": "a closed list",
    "handovers.struck": "names of clocks",
    "alarms.what": "names of clocks",
    "reminders.name": "a name from the flows",
    "media.content_type": "the kind of file",
    "media.status": "a closed list",
    "staff.alias": "the name she chose to work under, which people and colleagues see; never her own",
    "staff.role": "a closed list",
    "staff.zones": "names of the list",
    "staff_sign_ins.stage": "a closed list",
    "shifts.zone": "a name of the list",
    "audit.act": "a word of ours",
    "audit.subject_kind": "a word of ours",
    "audit.detail": "a word of ours, or a name of a list",
    "watermarks.name": "a word of ours",
    "troubles.name": "a word of ours",
    "troubles.place": "a machine of ours, by its name",
    "provider_copies.provider_id": "the provider's own id",
    "provider_copies.code": "the provider's error number, or a reason of ours",
    "provider_templates.name": "a name of ours",
    "provider_templates.sid": "the provider's own id",
}


def _id() -> Column[Any]:
    return Column("id", Uuid, primary_key=True)


def _time(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _conversation(*, nullable: bool = False, name: str = "conversation_id") -> Column[Any]:
    return Column(name, Uuid, ForeignKey("conversations.id"), nullable=nullable)


def _staff(name: str = "staff_id", *, nullable: bool = False) -> Column[Any]:
    return Column(name, Uuid, ForeignKey("staff.id"), nullable=nullable)


#: In a schema of its own, which the data backup leaves out: destroying a row is erasure.
owner_keys = Table(
    "owner_keys",
    metadata,
    _id(),
    Column("owner_id", Uuid, nullable=False, unique=True),
    Column("owner_kind", String, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    _time("made_at", nullable=False),
    schema="keys",
)

people = Table(
    "people",
    metadata,
    _id(),
    Column("phone_index", LargeBinary, unique=True, comment="blind; null once forgotten"),
    Column("phone_sealed", LargeBinary),
    Column("pseudonym", LargeBinary, nullable=False),
    _time("created_at", nullable=False),
    _time("forget_at"),
    Column("forget_decided", Boolean, nullable=False, comment="an operator decided: an open crisis does not hold it"),
    _time("forgotten_at"),
    Column("word_digest", LargeBinary, comment="of her personal word, under her key; null once it is spent"),
    Index("ix_people_forget_at", "forget_at", postgresql_where=text("forget_at IS NOT NULL AND forgotten_at IS NULL")),
)

conversations = Table(
    "conversations",
    metadata,
    _id(),
    Column("person_id", Uuid, ForeignKey("people.id"), nullable=False),
    Column("channel", String, nullable=False),
    Column("role", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("state_sealed", LargeBinary),
    Column("session_id", Uuid, comment="the episode under way"),
    Column("version", BigInteger, nullable=False, comment="one more with each turn: a stale turn cannot commit"),
    Column("last_in_seq", BigInteger, nullable=False),
    Column("last_out_seq", BigInteger, nullable=False),
    _time("heard_at"),  # her last message; null in a conversation that she has left for another role
    _time("ready_at"),
    _time("burst_until"),
    _time("leased_until"),
    _time("window_until"),
    _time("word_given_at"),
    _time("sealed_at"),
    Column("sealed_in_seq", BigInteger, comment="what she wrote up to here is read by nobody"),
    Column("sealed_out_seq", BigInteger, comment="and what she was told up to here"),
    UniqueConstraint("person_id", "channel", "role"),
    Index("ix_conversations_ready_at", "ready_at", postgresql_where=text("ready_at IS NOT NULL")),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    _conversation(),
    Column("seq", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    Column("external_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body_sealed", LargeBinary),
    Column("understanding_sealed", LargeBinary),
    Column("attempts", SmallInteger, nullable=False),
    Column("ending", String),
    Column("turn_id", Uuid),
    _time("received_at", nullable=False),
    _time("failed_at"),
    UniqueConstraint("source", "external_id"),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_inbox_pending", "conversation_id", "seq", postgresql_where=text("turn_id IS NULL")),
    # Rows come in the order of their time: a page's first and last moment are all that is kept of it.
    Index("ix_inbox_received_at", "received_at", postgresql_using="brin"),
    Index("ix_inbox_pending_since", "received_at", postgresql_where=text("turn_id IS NULL")),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _conversation(),
    Column("seq", BigInteger, nullable=False),
    Column("turn_id", Uuid, nullable=False),
    Column("body_sealed", LargeBinary),
    Column("author", String, nullable=False),
    Column("parting", Boolean, nullable=False, comment="the last words before the phone was locked"),
    Column(
        "reopens",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="a template that the provider approved: it may go though its window is closed",
    ),
    Column("status", String, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("lease", Uuid),
    Column("provider_id", String),
    Column("code", String),
    Column("failure_noted", Boolean, nullable=False, comment="its conversation knows that it was not delivered"),
    _time("created_at", nullable=False),
    _time("expires_at", nullable=False),
    _time("next_try_at", nullable=False),
    _time("lease_until"),
    _time("sent_at"),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_outbox_unsent", "conversation_id", "seq", postgresql_where=text("status IN ('queued', 'leased')")),
    Index("ix_outbox_created_at", "created_at", postgresql_using="brin"),
    Index("ix_outbox_unsent_since", "created_at", postgresql_where=text("status IN ('queued', 'leased')")),
    Index(
        "ix_outbox_failures",
        "created_at",
        postgresql_where=text("NOT failure_noted AND (status = 'failed' OR code IN ('too_late', 'window_closed'))"),
    ),
)

#: What reports are made of: no text, no phone, and after an erasure a pseudonym that means nobody.
sessions = Table(
    "sessions",
    metadata,
    _id(),
    _conversation(nullable=True),
    Column("pseudonym", LargeBinary, nullable=False),
    Column("channel", String, nullable=False),
    Column("role", String, nullable=False),
    Column("municipality", String),
    Column("zone", String),
    Column("topics", ARRAY(String), nullable=False),
    Column("alert", SmallInteger, nullable=False, comment="0 none, 1 attention, 2 urgent, 3 emergency"),
    Column("outcome", String),
    Column("turns", BigInteger, nullable=False),
    _time("opened_at", nullable=False),
    _time("last_at", nullable=False),
    _time("closed_at"),
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

#: What she allows, in layers. Rows are only added: the latest of a layer (and institution) is what holds.
consents = Table(
    "consents",
    metadata,
    _id(),
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
    _time("at", nullable=False),
    Index("ix_consents_conversation_id", "conversation_id"),
)

handovers = Table(
    "handovers",
    metadata,
    _id(),
    _conversation(),
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
    _time("requested_at", nullable=False),
    _time("since", nullable=False),
    _time("wrote_at"),
    _time("unanswered_since"),
    _time("acted_at"),
    _time("lost_at"),
    _time("busy_until"),
    _time("next_strike_at"),
    _time("first_reply_at"),
    _time("lifted_until"),
    _time("closed_at"),
    Index("ix_handovers_conversation_id", "conversation_id"),
    Index("uq_handovers_open", "conversation_id", unique=True, postgresql_where=text("closed_at IS NULL")),
    Index("ix_handovers_owner", "owner", postgresql_where=text("closed_at IS NULL")),
    Index("ix_handovers_next_strike_at", "next_strike_at", postgresql_where=text("closed_at IS NULL")),
)

#: How a conversation with a psychologist ended; what is counted of it stands in the session's row.
closings = Table(
    "closings",
    metadata,
    _id(),
    Column("handover_id", Uuid, ForeignKey("handovers.id"), nullable=False, unique=True),
    _conversation(nullable=True),
    Column("session_id", Uuid),
    Column("staff_id", Uuid, nullable=False),
    Column("outcome", String, nullable=False),
    Column("psychiatry_on", Date, comment="the day of an appointment, and all that is kept of it"),
    Column("note_sealed", LargeBinary),
    _time("at", nullable=False),
    Index("ix_closings_conversation_id", "conversation_id"),
)

#: The entities that were spoken of, and what she said.
offers = Table(
    "offers",
    metadata,
    _id(),
    Column("closing_id", Uuid, ForeignKey("closings.id"), nullable=False),
    Column("institution", String, nullable=False),
    Column("answer", String, nullable=False),
    UniqueConstraint("closing_id", "institution"),
)

#: Somebody of the team is to be told; never a word of the conversation.
alarms = Table(
    "alarms",
    metadata,
    _id(),
    Column("handover_id", Uuid, ForeignKey("handovers.id"), nullable=False),
    Column("what", String, nullable=False),
    Column("whom", Uuid, comment="a member of staff; null: everyone on shift, or the zone's coordinator"),
    _time("rung_at", nullable=False),
    _time("mailed_at"),
    Column("attempts", SmallInteger, nullable=False, server_default="0", comment="how often mailing it was tried"),
    _time("next_try_at"),
    _time("texted_at"),
    Column(
        "text_attempts",
        SmallInteger,
        nullable=False,
        server_default="0",
        comment="how often sending it by WhatsApp was tried",
    ),
    _time("next_text_at"),
    Index("ix_alarms_rung_at", "rung_at"),
    Index("ix_alarms_handover_id", "handover_id"),
)

#: Who let somebody in the queue pass, and until when she is not offered it.
queue_passes = Table(
    "queue_passes",
    metadata,
    Column("handover_id", Uuid, ForeignKey("handovers.id"), primary_key=True),
    Column("staff_id", Uuid, primary_key=True),
    _time("until", nullable=False),
)

#: What a psychologist has begun to write and not sent: sealed under the key of the one it is for.
drafts = Table(
    "drafts",
    metadata,
    _id(),
    _conversation(),
    Column("staff_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    _time("saved_at", nullable=False),
    UniqueConstraint("conversation_id", "staff_id"),
)

reminders = Table(
    "reminders",
    metadata,
    _id(),
    _conversation(),
    Column("name", String, nullable=False),
    _time("due_at", nullable=False),
    _time("fired_at"),
    _time("cancelled_at"),
    Index(
        "uq_reminders_live",
        "conversation_id",
        "name",
        unique=True,
        postgresql_where=text("fired_at IS NULL AND cancelled_at IS NULL"),
    ),
    Index("ix_reminders_due", "due_at", postgresql_where=text("fired_at IS NULL AND cancelled_at IS NULL")),
    # Each line of a transcript asks whether the phone was lent then.
    Index(
        "ix_reminders_lent",
        "conversation_id",
        postgresql_where=text("name = 'borrowed' AND fired_at IS NOT NULL"),
    ),
)

#: What she agreed about being contacted: the times are readable, how and at what hour is hers.
contacts = Table(
    "contacts",
    metadata,
    _id(),
    Column("person_id", Uuid, ForeignKey("people.id"), nullable=False),
    _conversation(),
    Column("sealed", LargeBinary, comment="how, in which hours, and what if somebody else answers; null once ended"),
    Column("confirmed", Boolean, nullable=False, comment="false once she came back or fell silent: ask her anew"),
    _time("agreed_at", nullable=False),
    _time("expires_at", nullable=False),
    _time("ended_at"),
    Index("uq_contacts_open", "person_id", unique=True, postgresql_where=text("ended_at IS NULL")),
)

media = Table(
    "media",
    metadata,
    _id(),
    _conversation(),
    Column("inbox_id", Uuid, ForeignKey("inbox.id"), nullable=False),
    Column("content_type", String, nullable=False),
    Column("url_sealed", LargeBinary),
    Column("bytes_sealed", LargeBinary),
    Column("status", String, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    _time("next_try_at", nullable=False),
    _time("heard_at"),  # when somebody of the team heard or saw it
    Index("ix_media_conversation_id", "conversation_id"),
    Index("ix_media_inbox_id", "inbox_id"),
    Index("ix_media_wanted", "next_try_at", postgresql_where=text("status = 'wanted'")),
)

#: What the team says often, written by coordinators; it is copied into a message, so nothing points here.
saved_replies = Table(
    "saved_replies",
    metadata,
    _id(),
    Column("name", String, nullable=False),
    Column("words", String, nullable=False),
    _time("changed_at", nullable=False),
    _time("ended_at"),
    Index("uq_saved_replies_live", "name", unique=True, postgresql_where=text("ended_at IS NULL")),
)

staff = Table(
    "staff",
    metadata,
    _id(),
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
    _time("created_at", nullable=False),
    _time("ended_at"),
)

staff_recovery_codes = Table(
    "staff_recovery_codes",
    metadata,
    _id(),
    _staff(),
    Column("code_hash", LargeBinary, nullable=False),
    _time("used_at"),
    UniqueConstraint("staff_id", "code_hash"),
)

staff_sign_ins = Table(
    "staff_sign_ins",
    metadata,
    _id(),
    _staff(),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("stage", String, nullable=False),
    _time("created_at", nullable=False),
    _time("seen_at", nullable=False),
    _time("locked_at"),
    _time("ended_at"),
    Index("ix_staff_sign_ins_live", "staff_id", postgresql_where=text("ended_at IS NULL")),
)

#: What was guessed at lately: a blind index of the login that was typed, or of the address it came from.
staff_guesses = Table(
    "staff_guesses",
    metadata,
    Column("bucket", LargeBinary, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    _time("last_at", nullable=False),
)

#: A coordinator asks, somebody else confirms.
staff_resets = Table(
    "staff_resets",
    metadata,
    _id(),
    _staff(),
    _staff("asked_by"),
    _time("asked_at", nullable=False),
    _staff("confirmed_by", nullable=True),
    _time("closed_at"),
    CheckConstraint("confirmed_by NOT IN (asked_by, staff_id) AND asked_by <> staff_id", name="two_others"),
    Index("uq_staff_resets_open", "staff_id", unique=True, postgresql_where=text("closed_at IS NULL")),
)

shifts = Table(
    "shifts",
    metadata,
    _id(),
    _staff(),
    Column("zone", String, comment="null: the whole department"),
    Column("on_call", Boolean, nullable=False, comment="counts outside the opening hours and on holidays"),
    _time("starts_at", nullable=False),
    _time("ends_at", nullable=False),
    _time("cancelled_at"),
    CheckConstraint("starts_at < ends_at", name="ends_later"),
    Index("ix_shifts_live", "ends_at", postgresql_where=text("cancelled_at IS NULL")),
)

holidays = Table("holidays", metadata, Column("day", Date, primary_key=True))

#: Who did what to what and when, in ids; rows are only ever added, by right and by trigger.
audit = Table(
    "audit",
    metadata,
    _id(),
    _time("at", nullable=False),
    Column("staff_id", Uuid, comment="null: whoever has the server, or nobody known"),
    Column("act", String, nullable=False),
    Column("subject_kind", String),
    Column("subject_id", Uuid),
    Column("detail", String),
    Column("mac", LargeBinary, nullable=False, comment="HMAC of the row by a key outside the database"),
    Index("ix_audit_at", "at"),
)

#: One link a row, in one order: each MAC covers the one before.
audit_chain = Table(
    "audit_chain",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("audit_id", Uuid, nullable=False, unique=True),
    Column("mac", LargeBinary, nullable=False),
    _time("chained_at", nullable=False),
)

#: How far something was done that is done again and again, by one process at a time.
watermarks = Table(
    "watermarks",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, comment="everything up to here was done"),
    _time("held_until"),
)

#: What is wrong with the service, from its beginning until the operator was told of its end.
troubles = Table(
    "troubles",
    metadata,
    Column("name", String, primary_key=True),
    Column("place", String, primary_key=True, comment="the machine that has it; empty: everybody's"),
    _time("began_at", nullable=False),
    _time("seen_at", nullable=False),
    _time("told_at"),
    _time("next_try_at"),
)

#: What the provider still keeps of us and is to be told to forget; by its own ids, of nobody.
provider_copies = Table(
    "provider_copies",
    metadata,
    Column("provider_id", String, primary_key=True),
    Column("whole", Boolean, nullable=False, comment="the record too, not its words alone"),
    _time("due_at", nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    _time("next_try_at", nullable=False),
    Column("code", String),
    _time("gone_at"),
    Index("ix_provider_copies_waiting", "next_try_at", postgresql_where=text("gone_at IS NULL")),
    Index("ix_provider_copies_gone_at", "gone_at", postgresql_where=text("gone_at IS NOT NULL")),
)

#: The provider's name for each template that we made there: of one account, so no content.
provider_templates = Table(
    "provider_templates",
    metadata,
    Column("name", String, primary_key=True),
    Column("sid", String, nullable=False),
    _time("made_at", nullable=False),
)
