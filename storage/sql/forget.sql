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
    SET phone_index = NULL, phone_sealed = NULL, pseudonym = '', word_digest = NULL, forgotten_at = now()
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
kept_there AS (
    -- What the provider has of hers goes too: the whole record, since it names her phone.
    INSERT INTO provider_copies AS copy (provider_id, whole, due_at, attempts, next_try_at)
    SELECT hers.provider_id, true, hers.from_then, 0, hers.from_then
    FROM (
        SELECT external_id AS provider_id, now() AS from_then FROM inbox
        WHERE conversation_id IN (SELECT id FROM theirs) AND source = 'twilio' AND kind = 'person'
        UNION
        -- What is on its way to her just now, as the word that she is forgotten, has time to arrive.
        SELECT o.provider_id,
               CASE WHEN o.status = 'sent' THEN greatest(now(), o.sent_at + interval '10 minutes') ELSE now() END
        FROM outbox o JOIN conversations c ON c.id = o.conversation_id
        WHERE c.person_id = :person_id AND c.channel IN ('whatsapp', 'sms') AND o.provider_id IS NOT NULL
    ) hers
    ON CONFLICT (provider_id) DO UPDATE
    SET whole = true, due_at = excluded.due_at, attempts = 0, next_try_at = excluded.due_at, code = NULL,
        gone_at = NULL
    WHERE NOT copy.whole OR copy.gone_at IS NULL AND copy.due_at > excluded.due_at
),
files AS (
    UPDATE media SET url_sealed = NULL, bytes_sealed = NULL, status = 'forgotten'
    WHERE conversation_id IN (SELECT id FROM theirs)
),
begun AS (
    DELETE FROM drafts WHERE conversation_id IN (SELECT id FROM theirs)
),
uncounted AS (
    -- As in storage/consents.py: whoever did not want to be counted is not counted as nobody either.
    SELECT s.id
    FROM sessions s JOIN conversations theirs ON theirs.id = s.conversation_id
    WHERE theirs.person_id = :person_id
      AND EXISTS (
          SELECT 1
          FROM conversations own
          JOIN consents no ON no.conversation_id = own.id AND no.layer = 'count' AND no.answer <> 'given'
          WHERE own.person_id = theirs.person_id AND own.role = theirs.role
            AND NOT EXISTS (
                SELECT 1
                FROM conversations hers
                JOIN consents yes ON yes.conversation_id = hers.id AND yes.layer = 'count' AND yes.answer = 'given'
                WHERE hers.person_id = own.person_id AND hers.role = own.role
                  AND yes.at > no.at AND yes.at <= s.last_at))
),
left_out AS (
    DELETE FROM sessions WHERE id IN (SELECT id FROM uncounted)
),
counted AS (
    -- What was kept long enough (:aged) stays counted as it was; what she had erased says nothing of her any more.
    UPDATE sessions
    SET pseudonym = :nobody, conversation_id = NULL, closed_at = coalesce(closed_at, now()), traits = CASE WHEN :aged THEN traits ELSE '{}' END
    WHERE conversation_id IN (SELECT id FROM theirs) AND id NOT IN (SELECT id FROM uncounted)
),
ended AS (
    UPDATE closings SET conversation_id = NULL, session_id = NULL, psychiatry_on = NULL, note_sealed = NULL
    WHERE conversation_id IN (SELECT id FROM theirs)
),
permits AS (
    DELETE FROM consents
    WHERE conversation_id IN (SELECT id FROM theirs) AND NOT (layer = 'share' AND answer = 'given')
),
used_permits AS (
    -- A referral rests on the id of this row; the row says to whom and by which text, and no longer who.
    UPDATE consents SET conversation_id = NULL, at = date_trunc('day', at)
    WHERE conversation_id IN (SELECT id FROM theirs) AND layer = 'share' AND answer = 'given'
),
agreed AS (
    UPDATE contacts SET sealed = NULL, ended_at = coalesce(ended_at, now()) WHERE person_id = :person_id
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
