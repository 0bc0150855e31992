-- One open handover a conversation; asking again only raises its alert, and then its clocks run anew.
INSERT INTO handovers AS h (
    id, conversation_id, reason, alert, stage, lease, raised, struck, requested_at, since, next_strike_at
)
VALUES (:id, :conversation_id, :reason, :alert, 'waiting', 0, 0, '{}', now(), now(), now())
ON CONFLICT (conversation_id) WHERE closed_at IS NULL
DO UPDATE SET alert = greatest(h.alert, excluded.alert),
              reason = CASE WHEN excluded.alert > h.alert THEN excluded.reason ELSE h.reason END,
              struck = CASE WHEN excluded.alert > h.alert THEN '{}' ELSE h.struck END,
              next_strike_at = CASE WHEN excluded.alert > h.alert THEN now() ELSE h.next_strike_at END
