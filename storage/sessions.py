"""Sessions that fell quiet are closed; a tick does it."""

from __future__ import annotations

from sqlalchemy import func, text, update

from bot.takeover import load_times
from storage.database import Database
from storage.tables.sessions import sessions


async def close_quiet(database: Database) -> None:
    """Close what nobody has written in for 12 hours; an outcome that was reached stands."""
    await database.run(
        update(sessions)
        .where(sessions.c.closed_at.is_(None), sessions.c.last_at <= func.now() - load_times().quiet)
        .values(closed_at=func.now(), outcome=func.coalesce(sessions.c.outcome, text("'quiet'")))
    )
