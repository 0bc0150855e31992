"""What of a conversation belongs to the handover that is open: neither the closed past, nor who was lent the phone."""

from __future__ import annotations

from bot.dialogue.patterns import BORROWED
from bot.takeover import load_times

#: After this nothing is past: since the end of the episode before the one in which she asked, so that what raised an
#: alarm stays to be read though she fell silent and writes again the next day. Wants ``c`` and its open handover ``h``.
SINCE = """
coalesce((SELECT max(earlier.last_at) FROM sessions earlier
          WHERE earlier.conversation_id = c.id
            AND earlier.opened_at < (SELECT max(asked.opened_at) FROM sessions asked
                                     WHERE asked.conversation_id = c.id
                                       AND asked.opened_at <= coalesce(h.requested_at, now()))),
         '-infinity')"""
#: The handover that is open, if one is; ``c`` is the conversation.
OPEN = "LEFT JOIN handovers h ON h.conversation_id = c.id AND h.closed_at IS NULL"
#: When the phone, lent for a time, went back to whoever it belongs to.
RETURNED = f"""
ARRAY(SELECT lent.fired_at FROM reminders lent
      WHERE lent.conversation_id = c.id AND lent.name = '{BORROWED}' AND lent.fired_at IS NOT NULL
      ORDER BY lent.fired_at)"""  # noqa: S608 - a name of ours
#: Her message because of which the open handover was asked for; one that was asked for because the time of a lent
#: phone ended is of whoever wrote before. Wants ``c`` and ``h``.
ASKED = """
(SELECT max(asked.received_at) FROM inbox asked
 WHERE asked.conversation_id = c.id AND asked.kind = 'person' AND asked.received_at <= h.requested_at)"""
_LENT = """
EXISTS (SELECT 1 FROM reminders lent
        WHERE lent.conversation_id = c.id AND lent.name = '{borrowed}' AND lent.fired_at IS NOT NULL
          AND {at} BETWEEN lent.due_at - CAST('{seconds} s' AS interval) AND lent.fired_at
          AND EXISTS (SELECT 1 FROM inbox later
                      WHERE later.conversation_id = c.id AND later.kind = 'person'
                        AND later.received_at > lent.fired_at
                        AND later.received_at <= coalesce(h.requested_at, now())))"""


def lent(at: str) -> str:
    """SQL: whether ``at`` (a column) lies in a time for which the phone was lent, and somebody has written since.

    Who was lent it told that, not who holds the phone now (seguridad §11). The handover that was asked for in that
    time, or because it ended, keeps its words: there they are hers.
    """
    return _LENT.format(at=at, borrowed=BORROWED, seconds=int(load_times().borrowed.total_seconds()))
