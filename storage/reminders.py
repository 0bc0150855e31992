"""What is due comes in by the same door as a message."""

from __future__ import annotations

from sqlalchemy import func, select, update

from bot.messages import TimerFired
from storage.database import Database
from storage.inbox import add_entry
from storage.keys import KeyRing
from storage.tables.conversations import conversations, reminders


async def fire_due(database: Database, ring: KeyRing) -> int:
    """Put due reminders into their conversations' inboxes, once each; how many there were."""
    async with database.transaction() as tx:
        rows = await tx.execute(
            select(reminders)
            .join(conversations, conversations.c.id == reminders.c.conversation_id)
            .where(reminders.c.due_at <= func.now(), reminders.c.fired_at.is_(None), reminders.c.cancelled_at.is_(None))
            .order_by(reminders.c.due_at)
            .limit(100)
            # Both or neither: a turn holds the conversation first and the reminder after it.
            .with_for_update(skip_locked=True, of=(reminders, conversations))
        )
        due = rows.all()
        for row in due:
            fired = TimerFired(
                external_id=f"timer:{row.id}", conversation_id=row.conversation_id, name=row.name, due_at=row.due_at
            )
            await add_entry(tx, ring, fired)
            await tx.execute(update(reminders).where(reminders.c.id == row.id).values(fired_at=func.now()))
    return len(due)
