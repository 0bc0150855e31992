-- An entry of our own (timer, failed delivery, erasure): once, in the conversation's order, at once.
WITH moved AS (
    UPDATE conversations c
    SET last_in_seq = c.last_in_seq + 1,
        ready_at = CASE WHEN c.ready_at IS NULL OR c.ready_at = c.leased_until THEN now() ELSE c.ready_at END
    WHERE c.id = :conversation_id AND c.mode <> 'forgotten'
      AND NOT EXISTS (SELECT 1 FROM inbox WHERE source = :source AND external_id = :external_id)
    RETURNING c.id, c.last_in_seq
)
INSERT INTO inbox (id, conversation_id, seq, source, external_id, kind, body_sealed, attempts, received_at)
SELECT :inbox_id, id, last_in_seq, :source, :external_id, :kind, :body, 0, now()
FROM moved
ON CONFLICT (source, external_id) DO NOTHING
RETURNING id
