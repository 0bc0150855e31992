"""The hot path's SQL by name: ``statement("accept")`` is ``sql/accept.sql``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Interval,
    LargeBinary,
    SmallInteger,
    String,
    TextClause,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.types import TypeEngine

#: One name has one type in every file, so that the SQL reads without casts.
_TYPES: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(
        ("channel", "ending", "external_id", "kind", "mode", "municipality", "name", "outcome", "phone_state"), String()
    ),
    **dict.fromkeys(("provider_id", "reason", "role", "source", "zone", "content_type"), String()),
    **dict.fromkeys(
        ("after", "ask_after", "burst", "fresh", "hold", "keep", "lease_time", "wait", "window"), Interval()
    ),
    **dict.fromkeys(
        (
            "conversation_id",
            "id",
            "inbox_id",
            "key_id",
            "lease",
            "new_conversation_id",
            "only",
            "person_id",
            "session_id",
        ),
        Uuid(),
    ),
    "turn_id": Uuid(),
    **dict.fromkeys(("handover_id", "owner", "reserved_for"), Uuid()),
    **dict.fromkeys(("author", "busy", "stage"), String()),
    **dict.fromkeys(("acted_at", "busy_until", "first_reply_at", "lost_at", "next_strike_at"), DateTime(timezone=True)),
    **dict.fromkeys(("lifted_until", "since", "unanswered_since", "wrote_at"), DateTime(timezone=True)),
    "struck": ARRAY(String()),
    "hold_lease": BigInteger(),
    **dict.fromkeys(("handover_alert", "raised"), SmallInteger()),
    "handover_zone": String(),
    "hands": Boolean(),
    **dict.fromkeys(("can_send", "counts", "failed", "from_person", "locks", "withdraws"), Boolean()),
    **dict.fromkeys(("letters", "limit", "most", "taken_seq", "turns", "version"), BigInteger()),
    **dict.fromkeys(("body", "nobody", "phone_index", "phone_sealed", "pseudonym", "state", "url"), LargeBinary()),
    "wrapped": LargeBinary(),
    "alert": SmallInteger(),
    "aged": Boolean(),
    "sent_at": DateTime(timezone=True),
    "channels": ARRAY(String()),
    "topics": ARRAY(String()),
    "statuses": ARRAY(String()),
    **dict.fromkeys(("external_ids", "provider_ids"), ARRAY(String())),
    "codes": ARRAY(String()),
    "drops": ARRAY(Boolean()),
    "ids": ARRAY(Uuid()),
    "letter_ids": ARRAY(Uuid()),
    "taken_ids": ARRAY(Uuid()),
    "bodies": ARRAY(LargeBinary()),
    "understandings": ARRAY(LargeBinary()),
    "partings": ARRAY(Boolean()),
    "lives": ARRAY(Interval()),
}


@cache
def statement(name: str) -> TextClause:
    """Read one named statement; each file's first line says what it does."""
    clause = text(files("storage").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8"))
    return clause.bindparams(*(bindparam(parameter, type_=_TYPES[parameter]) for parameter in clause.compile().params))
