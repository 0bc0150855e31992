-- What the provider says later of letters: forward only. Whoever has it has it: delivered outweighs failed.
WITH reported AS (
    SELECT DISTINCT ON (id) id, status, provider_id, code, rank
    FROM (
        SELECT r.*, array_position(ARRAY['queued', 'leased', 'withdrawn', 'sent', 'failed', 'delivered', 'read'], r.status) AS rank
        FROM unnest(:ids, :statuses, :provider_ids,
                    :codes) AS r (id, status, provider_id, code)
    ) ranked
    ORDER BY id, rank DESC
)
UPDATE outbox o
SET status = reported.status,
    provider_id = coalesce(o.provider_id, reported.provider_id),
    sent_at = coalesce(o.sent_at, now()),
    ask_at = coalesce(o.ask_at, now() + :ask_after),
    code = reported.code,
    lease = NULL,
    lease_until = NULL
FROM reported
WHERE o.id = reported.id
  AND array_position(ARRAY['queued', 'leased', 'withdrawn', 'sent', 'failed', 'delivered', 'read'], CAST(o.status AS text))
      < reported.rank
RETURNING o.id, o.conversation_id, o.status, o.code
