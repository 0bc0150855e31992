"""Rotating the service's key: owners' keys are wrapped anew, nothing else changes."""

from __future__ import annotations

from sqlalchemy import func, select, update

from storage.database import Database
from storage.keys import KeyRing
from storage.tables.keys import owner_keys

_BATCH = 500


async def rotate_keys(database: Database, ring: KeyRing) -> int:
    """Wrap every owner's key under the first of ``SECRET_KEYS``; how many were changed.

    May be interrupted and run again. Afterwards the older keys may be taken out of the setting.
    """
    changed = 0
    current = ring.current_prefix
    while True:
        async with database.transaction() as tx:
            rows = await tx.execute(
                select(owner_keys.c.id, owner_keys.c.owner_id, owner_keys.c.wrapped)
                .where(func.substring(owner_keys.c.wrapped, 1, len(current)) != current)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            )
            batch = rows.all()
            for row in batch:
                key = ring.unwrap(key_id=row.id, owner_id=row.owner_id, wrapped=row.wrapped)
                await tx.execute(update(owner_keys).where(owner_keys.c.id == row.id).values(wrapped=ring.wrap(key)))
        changed += len(batch)
        if len(batch) < _BATCH:
            return changed
