-- Erasure of one person: the key is destroyed, what it sealed is emptied, and what is counted is of nobody.
-- The inbox keeps its rows without a body, so that an old webhook is still known and brings nobody back.
WITH theirs AS (
    SELECT id FROM conversations WHERE person_id = :person_id
),
key AS (
    DELETE FROM keys.owner_keys WHERE owner_id = :person_id
),
person AS (
    UPDATE people
    SET phone_index = NULL, phone_sealed = NULL, pseudonym = '', forgotten_at = now()
    WHERE id = :person_id
),
heard AS (
    UPDATE inbox
    SET body_sealed = NULL, understanding_sealed = NULL,
        turn_id = coalesce(turn_id, :person_id), ending = coalesce(ending, 'forgotten')
    WHERE conversation_id IN (SELECT id FROM theirs)
),
said AS (
    UPDATE outbox
    SET body_sealed = NULL,
        code = CASE WHEN status = 'queued' THEN 'forgotten' ELSE code END,
        status = CASE WHEN status = 'queued' THEN 'withdrawn' ELSE status END
    WHERE conversation_id IN (SELECT id FROM theirs)
),
files AS (
    UPDATE media SET url_sealed = NULL, bytes_sealed = NULL, status = 'forgotten'
    WHERE conversation_id IN (SELECT id FROM theirs)
),
counted AS (
    UPDATE sessions SET pseudonym = :nobody, conversation_id = NULL, closed_at = coalesce(closed_at, now())
    WHERE conversation_id IN (SELECT id FROM theirs)
),
planned AS (
    UPDATE reminders SET cancelled_at = now()
    WHERE conversation_id IN (SELECT id FROM theirs) AND fired_at IS NULL AND cancelled_at IS NULL
),
asked AS (
    UPDATE handovers SET closed_at = now()
    WHERE conversation_id IN (SELECT id FROM theirs) AND closed_at IS NULL
)
UPDATE conversations
SET state_sealed = NULL, mode = 'forgotten', session_id = NULL, version = version + 1,
    ready_at = NULL, leased_until = NULL, window_until = NULL
WHERE person_id = :person_id
