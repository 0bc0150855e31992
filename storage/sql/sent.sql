-- Statement 4: the provider has it. A report that came earlier is not undone.
-- It does not wait for the disk: a letter whose sending a power cut takes back stays leased, and whoever takes it then
-- asks the provider before anything is sent. But for her who was forgotten meanwhile: nobody could ask for that one.
WITH noted AS (
    UPDATE outbox
    SET status = CASE WHEN status IN ('queued', 'leased', 'withdrawn') THEN 'sent' ELSE status END,
        provider_id = :provider_id,
        sent_at = coalesce(sent_at, now()),
        ask_at = now() + :ask_after,
        code = CASE WHEN status IN ('queued', 'leased', 'withdrawn') THEN NULL ELSE code END,
        lease = NULL,
        lease_until = NULL
    WHERE id = :id
    RETURNING conversation_id, body_sealed IS NULL AS is_emptied
),
orphaned AS (
    -- She was forgotten while it was on its way (the row says so, whoever held it first): its record goes there, too.
    INSERT INTO provider_copies AS copy (provider_id, whole, due_at, attempts, next_try_at)
    SELECT :provider_id, true, now() + interval '10 minutes', 0, now() + interval '10 minutes'
    FROM noted JOIN conversations c ON c.id = noted.conversation_id
    WHERE noted.is_emptied AND c.channel IN ('whatsapp', 'sms')
    ON CONFLICT (provider_id) DO UPDATE
    SET whole = true, due_at = excluded.due_at, attempts = 0, next_try_at = excluded.due_at, code = NULL, gone_at = NULL
    WHERE NOT copy.whole
)
SELECT conversation_id,
       EXISTS (SELECT 1 FROM outbox o
               WHERE o.conversation_id = noted.conversation_id AND o.status IN ('queued', 'leased') AND o.id <> :id)
           AS more_wait,
       CASE WHEN NOT is_emptied THEN set_config('synchronous_commit', 'off', true) END AS waits_for_disk
FROM noted
