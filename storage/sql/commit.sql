-- Statement 3: a turn becomes rows, all or nothing. No row comes back if another turn was first.
WITH moved AS (
    UPDATE conversations c
    SET version = c.version + 1,
        state_sealed = :state,
        mode = :mode,
        phone = :phone_state,
        session_id = :session_id,
        last_out_seq = c.last_out_seq + :letters,
        leased_until = NULL,
        -- Decided from this row alone: a message that came meanwhile has moved last_in_seq under its lock.
        ready_at = CASE WHEN c.last_in_seq <= :taken_seq THEN NULL
                        WHEN c.ready_at = c.leased_until THEN now()
                        ELSE coalesce(c.ready_at, now()) END
    WHERE c.id = :conversation_id AND c.version = :version
    RETURNING c.id, c.person_id, c.channel, c.last_out_seq, c.ready_at, c.window_until
),
stamped AS (
    UPDATE inbox i
    SET turn_id = :turn_id, ending = :ending, understanding_sealed = taken.understanding,
        failed_at = CASE WHEN :failed THEN now() END
    FROM moved, unnest(:taken_ids, :understandings) AS taken (id, understanding)
    WHERE i.id = taken.id
),
withdrawn AS (
    UPDATE outbox o
    -- What is on its way just now cannot be called back, but it is not tried again either.
    -- What was taken may yet be dropped: then it is not sent again either.
    SET status = CASE WHEN o.status = 'queued' THEN 'withdrawn' ELSE o.status END,
        code = CASE WHEN o.status = 'sent' THEN o.code ELSE 'phone_locked' END, expires_at = '-infinity'
    FROM moved JOIN conversations own ON own.person_id = moved.person_id
    WHERE o.conversation_id = own.id AND o.status IN ('queued', 'leased', 'sent') AND o.expires_at > '-infinity' AND :locks
),
silenced AS (
    -- A person of the team speaks from here on. What is on its way already goes out first.
    UPDATE outbox o
    SET status = 'withdrawn', code = 'claimed'
    FROM moved
    WHERE o.conversation_id = moved.id AND o.status = 'queued' AND o.author = 'bot' AND :withdraws AND NOT :locks
),
hurried AS (
    -- She is there now: what waits before the answer is tried at once.
    UPDATE outbox o
    SET next_try_at = now()
    FROM moved
    WHERE o.conversation_id = moved.id AND o.status = 'queued' AND :from_person AND NOT :locks
),
goes AS MATERIALIZED (
    -- Asked as the first of her own queue: as "is there none", all that waits for anybody is read instead.
    SELECT :can_send AND (moved.channel <> 'whatsapp' OR moved.window_until > now())
           AND (SELECT earlier.id FROM outbox earlier
                WHERE earlier.conversation_id = moved.id AND earlier.status IN ('queued', 'leased')
                ORDER BY earlier.seq LIMIT 1) IS NULL AS at_once
    FROM moved
),
said AS (
    INSERT INTO outbox (
        id, conversation_id, seq, turn_id, body_sealed, author, parting, status, attempts, failure_noted,
        created_at, next_try_at, expires_at, lease, lease_until
    )
    SELECT letter.id, moved.id, moved.last_out_seq - :letters + letter.place, :turn_id, letter.body, :author,
           letter.parting, CASE WHEN place = 1 AND at_once THEN 'leased' ELSE 'queued' END, 0, false, now(), now(),
           now() + letter.life,
           CASE WHEN place = 1 AND at_once THEN :lease END,
           CASE WHEN place = 1 AND at_once THEN now() + :lease_time END
    FROM moved, goes,
         unnest(:letter_ids, :bodies, :partings, :lives)
             WITH ORDINALITY AS letter (id, body, parting, life, place)
    RETURNING id, status
),
logged AS (
    INSERT INTO sessions AS s (
        id, conversation_id, pseudonym, channel, role, municipality, zone, topics, alert, outcome, turns,
        opened_at, last_at, closed_at
    )
    SELECT :session_id, moved.id, :pseudonym, moved.channel, :role, :municipality,
           :zone, :topics, :alert, :outcome, :turns,
           now(), now(), CASE WHEN :outcome IS NOT NULL THEN now() END
    FROM moved
    WHERE :counts
    ON CONFLICT (id) DO UPDATE SET
        municipality = excluded.municipality, zone = excluded.zone, topics = excluded.topics,
        alert = excluded.alert, outcome = excluded.outcome, turns = excluded.turns,
        last_at = CASE WHEN :from_person THEN now() ELSE s.last_at END,
        closed_at = excluded.closed_at
),
handed AS (
    -- In whose hands she is. Signs of life come by another way while it is thought about: the later counts.
    INSERT INTO handovers AS h (
        id, conversation_id, reason, alert, stage, lease, owner, reserved_for, zone, raised, busy, struck, requested_at,
        since, wrote_at, unanswered_since, acted_at, lost_at, busy_until, next_strike_at, first_reply_at, lifted_until,
        closed_at
    )
    SELECT :handover_id, moved.id, :reason, :handover_alert, :stage, :hold_lease, :owner, :reserved_for,
           :handover_zone, :raised, :busy, :struck, now(), :since, :wrote_at, :unanswered_since, :acted_at, :lost_at,
           :busy_until, :next_strike_at, :first_reply_at, :lifted_until,
           CASE WHEN :stage = 'closed' THEN now() END
    FROM moved
    WHERE :hands
    ON CONFLICT (id) DO UPDATE SET
        reason = excluded.reason,
        alert = excluded.alert,
        stage = excluded.stage,
        lease = excluded.lease,
        owner = excluded.owner,
        reserved_for = excluded.reserved_for,
        zone = excluded.zone,
        raised = excluded.raised,
        busy = excluded.busy,
        struck = excluded.struck,
        since = excluded.since,
        wrote_at = excluded.wrote_at,
        unanswered_since = excluded.unanswered_since,
        acted_at = CASE WHEN h.lease = excluded.lease THEN greatest(h.acted_at, excluded.acted_at)
                        ELSE excluded.acted_at END,
        lost_at = CASE WHEN h.lease = excluded.lease AND h.acted_at IS NOT DISTINCT FROM excluded.acted_at
                       THEN h.lost_at ELSE excluded.lost_at END,
        busy_until = excluded.busy_until,
        next_strike_at = excluded.next_strike_at,
        first_reply_at = excluded.first_reply_at,
        lifted_until = excluded.lifted_until,
        closed_at = excluded.closed_at
)
SELECT moved.ready_at, EXISTS (SELECT 1 FROM said WHERE status = 'leased') AS goes_now
FROM moved
