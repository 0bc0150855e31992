-- The head of each conversation's queue, if it is due: leased to the caller, or withdrawn with the reason.
-- The conversation is locked too, so that no turn can lock the phone between the look and the lease.
WITH heads AS (
    SELECT DISTINCT ON (conversation_id) id, conversation_id
    FROM outbox
    WHERE status IN ('queued', 'leased')
    ORDER BY conversation_id, seq
),
due AS (
    SELECT o.id, o.status AS was, o.attempts AS tries,
           CASE
               WHEN k.id IS NULL THEN 'forgotten'
               WHEN c.heard_at IS NULL THEN 'role_left'
               -- On its way when the phone was locked, and not taken by the provider: never again.
               WHEN o.expires_at = '-infinity' THEN 'phone_locked'
               -- It was dropped and waited again, and meanwhile a person of the team has begun to speak.
               WHEN o.resent > 0 AND o.author = 'bot' AND c.mode = 'human' THEN 'claimed'
               WHEN NOT o.parting AND EXISTS (
                   -- One phone has both channels: her latest word by either of them is the lock.
                   SELECT 1 FROM conversations own
                   WHERE own.person_id = c.person_id AND own.phone IN ('unsafe', 'left')
                     AND own.heard_at >= c.heard_at) THEN 'phone_locked'
               -- A parting line that did not go at once goes never, and nobody need be told.
               WHEN o.expires_at <= now() THEN CASE WHEN o.parting THEN 'phone_locked' ELSE 'too_late' END
               WHEN c.channel = 'whatsapp' AND (c.window_until IS NULL OR c.window_until <= now())
                    -- Only an approved template goes then, and only while what she agreed still counts.
                    AND NOT (o.reopens AND EXISTS (
                        SELECT 1 FROM contacts t
                        WHERE t.person_id = c.person_id AND t.ended_at IS NULL AND t.confirmed AND t.expires_at > now()))
                    THEN 'window_closed'
           END AS refusal
    FROM heads
    JOIN outbox o ON o.id = heads.id
    JOIN conversations c ON c.id = heads.conversation_id
    LEFT JOIN keys.owner_keys k ON k.owner_id = c.person_id
    WHERE c.channel = ANY(:channels) AND (:only IS NULL OR c.id = :only)
      -- As CASE, so that each head is found by its id: as a condition on what is queued, all that is is read for each.
      AND CASE o.status WHEN 'queued' THEN o.next_try_at <= now() WHEN 'leased' THEN o.lease_until <= now() END
    -- Between conversations what is urgent goes first, then who has waited longest.
    ORDER BY greatest((SELECT s.alert FROM sessions s WHERE s.id = c.session_id),
                      (SELECT h.alert FROM handovers h WHERE h.conversation_id = c.id AND h.closed_at IS NULL), 1) DESC,
             o.created_at
    LIMIT :limit
    FOR UPDATE OF o SKIP LOCKED
    FOR SHARE OF c SKIP LOCKED
),
leased AS (
    UPDATE outbox o
    SET status = CASE WHEN due.refusal IS NULL THEN 'leased' ELSE 'withdrawn' END,
        code = due.refusal,
        attempts = o.attempts + 1,
        lease = CASE WHEN due.refusal IS NULL THEN :lease END,
        lease_until = CASE WHEN due.refusal IS NULL THEN now() + :lease_time END
    FROM due
    WHERE o.id = due.id
    RETURNING o.id, o.conversation_id, o.body_sealed, o.created_at, o.attempts, due.was, due.refusal,
              CASE WHEN o.resent > 0 THEN o.provider_id END AS dropped
)
SELECT l.*,
       -- What the provider holds of hers already, so that an older letter of the same words is not taken for this.
       CASE WHEN l.was = 'leased' OR l.dropped IS NOT NULL THEN
           ARRAY(SELECT o.provider_id FROM outbox o
                 WHERE o.conversation_id = l.conversation_id AND o.provider_id IS NOT NULL
                 ORDER BY o.seq DESC LIMIT 100)
       END AS known,
       c.channel, p.id AS person_id, p.phone_sealed, k.id AS key_id, k.wrapped
FROM leased l
JOIN conversations c ON c.id = l.conversation_id
JOIN people p ON p.id = c.person_id
LEFT JOIN keys.owner_keys k ON k.owner_id = p.id
