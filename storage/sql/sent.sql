-- Statement 4: the provider has it. A report that came earlier is not undone.
-- It does not wait for the disk: a letter whose sending a power cut takes back stays leased, and whoever takes it then
-- asks the provider before anything is sent.
UPDATE outbox
SET status = CASE WHEN status IN ('queued', 'leased', 'withdrawn') THEN 'sent' ELSE status END,
    provider_id = :provider_id,
    sent_at = coalesce(sent_at, now()),
    ask_at = now() + :ask_after,
    code = CASE WHEN status IN ('queued', 'leased', 'withdrawn') THEN NULL ELSE code END,
    lease = NULL,
    lease_until = NULL
WHERE id = :id
RETURNING conversation_id, set_config('synchronous_commit', 'off', true) AS waits_for_disk
