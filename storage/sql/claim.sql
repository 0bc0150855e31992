-- Statement 2: take conversations that are ready, count the attempt, and read all that a turn needs.
-- It does not wait for the disk: a claim that a power cut takes back is made again, and nobody was spoken to before the
-- turn itself was kept, which waits.
WITH ready AS (
    SELECT id
    FROM conversations
    WHERE ready_at <= now() AND (leased_until IS NULL OR leased_until <= now())
      AND (:only IS NULL OR id = :only)
    ORDER BY ready_at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
),
claimed AS (
    UPDATE conversations c
    SET leased_until = now() + :lease_time, ready_at = now() + :lease_time
    FROM ready
    WHERE c.id = ready.id
    RETURNING c.*
),
pending AS (
    UPDATE inbox i
    SET attempts = i.attempts + 1
    -- In order and with OFFSET, so that it is looked for by conversation: joined freely, all that waits is read.
    FROM claimed,
         LATERAL (SELECT id FROM inbox WHERE conversation_id = claimed.id AND turn_id IS NULL ORDER BY seq OFFSET 0) mine
    WHERE i.id = mine.id
    RETURNING i.id, i.conversation_id, i.seq, i.kind, i.source, i.body_sealed, i.attempts, i.received_at
)
SELECT c.id AS conversation_id, c.person_id, c.channel, c.role, c.mode, c.phone, c.state_sealed, c.version,
       c.last_in_seq, c.leased_until, now() AS now,
       k.id AS key_id, k.wrapped, p.phone_sealed, p.pseudonym, p.word_digest,
       t.id AS contact_id, t.sealed AS contact_sealed, t.confirmed AS contact_confirmed,
       s.id AS session_id, s.opened_at, s.last_at, s.closed_at, s.municipality, s.zone, s.topics, s.alert,
       s.outcome, s.turns,
       h.id AS handover_id, h.reason, h.alert AS handover_alert, h.stage, h.lease, h.owner, h.reserved_for,
       h.zone AS handover_zone, h.raised, h.busy, h.struck, h.since, h.wrote_at, h.unanswered_since, h.acted_at,
       h.lost_at, h.busy_until, h.first_reply_at, h.lifted_until,
       i.id AS inbox_id, i.seq, i.kind, i.source, i.body_sealed, i.attempts,
       set_config('synchronous_commit', 'off', true) AS waits_for_disk
FROM claimed c
JOIN people p ON p.id = c.person_id
LEFT JOIN keys.owner_keys k ON k.owner_id = c.person_id
LEFT JOIN contacts t ON t.person_id = c.person_id AND t.ended_at IS NULL
LEFT JOIN sessions s ON s.id = c.session_id
LEFT JOIN handovers h ON h.conversation_id = c.id AND h.closed_at IS NULL
LEFT JOIN pending i ON i.conversation_id = c.id
ORDER BY c.id, i.seq
