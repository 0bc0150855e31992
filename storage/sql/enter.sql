-- She speaks in another role: that role's conversation is hers from now on, and what she wrote that nobody has
-- answered moves there, in its order, with the reminders that are still to fire.
WITH here AS (
    SELECT id, person_id, channel, window_until
    FROM conversations
    WHERE id = :conversation_id
),
moving AS (
    SELECT id, row_number() OVER (ORDER BY seq) AS place
    FROM inbox
    WHERE conversation_id = :conversation_id AND turn_id IS NULL AND (kind = 'person' OR id = ANY(:taken_ids))
),
there AS (
    INSERT INTO conversations AS c (
        id, person_id, channel, role, mode, phone, version, last_in_seq, last_out_seq, heard_at, window_until
    )
    SELECT :new_conversation_id, person_id, channel, :role, 'bot', 'unknown', 0, (SELECT count(*) FROM moving), 0,
           now(), window_until
    FROM here
    ON CONFLICT (person_id, channel, role) DO UPDATE SET
        version = c.version + 1,
        last_in_seq = c.last_in_seq + excluded.last_in_seq,
        heard_at = now(),
        -- Whoever held it thinks in vain: its version has moved on.
        leased_until = NULL,
        ready_at = now(),
        window_until = greatest(c.window_until, excluded.window_until)
    RETURNING c.id, c.version, c.mode, c.last_in_seq - (SELECT count(*) FROM moving) AS before
),
moved AS (
    UPDATE inbox i
    SET conversation_id = there.id, seq = there.before + moving.place
    FROM there, moving
    WHERE i.id = moving.id
),
reminded AS (
    UPDATE reminders r
    SET conversation_id = there.id
    FROM there
    WHERE r.conversation_id = :conversation_id AND r.fired_at IS NULL AND r.cancelled_at IS NULL
)
SELECT id, version, mode, before FROM there
