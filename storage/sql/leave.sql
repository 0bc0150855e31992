-- She spoke in another role, and what waited has gone there: nothing queued leaves from here, the episode is closed,
-- and no message comes here until she speaks in this role again (heard_at says which conversation is hers).
WITH left_behind AS (
    UPDATE conversations c
    SET version = c.version + 1,
        state_sealed = NULL,
        mode = 'bot',
        phone = 'unknown',
        heard_at = NULL,
        word_given_at = NULL,
        leased_until = NULL,
        -- What is no message of hers (a timer that fired, a failed delivery) is taken here.
        ready_at = CASE WHEN EXISTS (SELECT 1 FROM inbox i WHERE i.conversation_id = c.id AND i.turn_id IS NULL)
                        THEN now() END
    WHERE c.id = :conversation_id
    RETURNING c.id, c.session_id
),
withdrawn AS (
    UPDATE outbox o
    SET status = 'withdrawn', code = 'role_left'
    FROM left_behind
    WHERE o.conversation_id = left_behind.id AND o.status = 'queued'
)
UPDATE sessions s
SET closed_at = coalesce(s.closed_at, now()), outcome = coalesce(s.outcome, 'role_left')
FROM left_behind
WHERE s.id = left_behind.session_id
