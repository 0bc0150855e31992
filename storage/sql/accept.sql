-- Statement 1: take a message of a person whose key is known, once, and say when it is ready.
-- No row comes back if it was known already, if the key has been destroyed meanwhile, or if she has just begun to
-- speak in another role: then it is tried again. Of a person's conversations on a channel one is heard in (heard_at).
WITH fresh AS (
    SELECT owner_id
    FROM keys.owner_keys
    WHERE id = :key_id
      AND NOT EXISTS (SELECT 1 FROM inbox WHERE source = :source AND external_id = :external_id)
),
heard AS (
    INSERT INTO conversations AS c (
        id, person_id, channel, role, mode, phone, version, last_in_seq, last_out_seq,
        heard_at, ready_at, burst_until, window_until
    )
    SELECT :new_conversation_id, owner_id, :channel,
           coalesce((SELECT last.role FROM conversations last
                     WHERE last.person_id = fresh.owner_id AND last.channel = :channel
                     ORDER BY last.heard_at DESC NULLS LAST LIMIT 1), 'woman'),
           'bot', 'unknown', 0, 1, 0,
           now(), now() + :wait, now() + :burst, least(now(), :sent_at) + :window
    FROM fresh
    ON CONFLICT (person_id, channel, role) DO UPDATE SET
        last_in_seq = c.last_in_seq + 1,
        heard_at = now(),
        -- A burst begins when nothing waits, or when what waited is being answered already.
        burst_until = CASE WHEN c.ready_at IS NULL OR c.ready_at = c.leased_until THEN now() + :burst
                           ELSE c.burst_until END,
        -- Each message of a burst puts the answer off, but not past the burst's end, and not
        -- past a moment that has come; a human who owns the conversation sees it at once.
        ready_at = CASE WHEN c.mode = 'human' THEN now()
                        WHEN c.ready_at IS NULL OR c.ready_at = c.leased_until THEN now() + :wait
                        WHEN c.ready_at <= now() THEN c.ready_at
                        ELSE least(now() + :wait, c.burst_until) END,
        window_until = greatest(c.window_until, least(now(), :sent_at) + :window)
    -- An erasure that was under way has ended: she begins anew. Or she is heard in another role now.
    WHERE c.mode <> 'forgotten' AND c.heard_at IS NOT NULL
    RETURNING c.id, c.last_in_seq
)
INSERT INTO inbox (id, conversation_id, seq, source, external_id, kind, body_sealed, attempts, received_at)
SELECT :inbox_id, id, last_in_seq, :source, :external_id, 'person', :body, 0, now()
FROM heard
ON CONFLICT (source, external_id) DO NOTHING
RETURNING conversation_id, seq
