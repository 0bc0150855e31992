-- What the provider took and then dropped for speed waits again in its old place, while it is still the thing to say:
-- it is fresh, nothing of a later turn has left, no lock has come since (that ends its time), and nobody else speaks.
WITH again AS (
    UPDATE outbox o
    SET status = 'queued',
        resent = o.resent + 1,
        sent_at = NULL,
        ask_at = NULL,
        next_try_at = now() + :wait * power(2, o.resent) * (0.5 + random() / 2),
        expires_at = least(o.expires_at, o.created_at + :fresh)
    FROM conversations c
    WHERE o.id = ANY(:ids) AND c.id = o.conversation_id
      AND o.status = 'failed' AND NOT o.failure_noted AND o.provider_id IS NOT NULL AND o.body_sealed IS NOT NULL
      AND o.resent < :most AND NOT o.parting AND o.expires_at > now() AND o.created_at > now() - :fresh
      AND c.heard_at IS NOT NULL AND (o.author <> 'bot' OR c.mode <> 'human')
      AND NOT EXISTS (
          SELECT 1 FROM outbox later
          WHERE later.conversation_id = o.conversation_id AND later.seq > o.seq AND later.turn_id <> o.turn_id
            AND later.status IN ('leased', 'sent', 'delivered', 'read'))
    RETURNING o.id, o.provider_id
)
-- The record of what was dropped is of no use there, once it has been asked for before the next sending.
INSERT INTO provider_copies AS copy (provider_id, whole, due_at, attempts, next_try_at)
SELECT provider_id, true, now() + :keep, 0, now() + :keep FROM again
ON CONFLICT (provider_id) DO NOTHING
RETURNING copy.provider_id
