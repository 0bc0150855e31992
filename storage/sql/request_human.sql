-- One open handover a conversation; asking again only raises its alert.
INSERT INTO handovers AS h (id, conversation_id, reason, alert, requested_at)
VALUES (:id, :conversation_id, :reason, :alert, now())
ON CONFLICT (conversation_id) WHERE closed_at IS NULL
DO UPDATE SET alert = greatest(h.alert, excluded.alert),
              reason = CASE WHEN excluded.alert > h.alert THEN excluded.reason ELSE h.reason END
