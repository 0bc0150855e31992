-- What the provider says later of letters: forward only. Whoever has it has it: delivered outweighs failed.
-- A letter that was dropped and sent again has two ids there: of the earlier one only that it arrived is news.
WITH reported AS (
    SELECT DISTINCT ON (id) id, status, provider_id, code, dropped, rank
    FROM (
        SELECT r.*, array_position(ARRAY['queued', 'leased', 'withdrawn', 'sent', 'failed', 'delivered', 'read'], r.status) AS rank
        FROM unnest(:ids, :statuses, :provider_ids,
                    :codes, :drops) AS r (id, status, provider_id, code, dropped)
    ) ranked
    ORDER BY id, rank DESC
),
moved AS (
    UPDATE outbox o
    SET status = reported.status,
        provider_id = CASE WHEN o.status = 'leased' THEN coalesce(reported.provider_id, o.provider_id)
                           ELSE coalesce(o.provider_id, reported.provider_id) END,
        sent_at = coalesce(o.sent_at, now()),
        ask_at = coalesce(o.ask_at, now() + :ask_after),
        code = reported.code,
        lease = NULL,
        lease_until = NULL
    FROM reported
    WHERE o.id = reported.id
      AND array_position(ARRAY['queued', 'leased', 'withdrawn', 'sent', 'failed', 'delivered', 'read'], CAST(o.status AS text))
          < reported.rank
      AND (reported.status IN ('delivered', 'read') OR o.provider_id IS NULL OR reported.provider_id IS NULL
           OR o.provider_id = reported.provider_id)
      AND NOT (o.resent > 0 AND o.status IN ('queued', 'leased') AND (reported.dropped OR reported.status = 'sent'))
    RETURNING o.id, o.conversation_id, o.status, o.code, o.provider_id, o.body_sealed IS NULL AS is_emptied
),
orphaned AS (
    -- Of somebody who was forgotten while it was on its way; its id may be told here alone.
    INSERT INTO provider_copies AS copy (provider_id, whole, due_at, attempts, next_try_at)
    SELECT DISTINCT moved.provider_id, true, now() + interval '10 minutes', 0, now() + interval '10 minutes'
    FROM moved JOIN conversations c ON c.id = moved.conversation_id
    WHERE moved.is_emptied AND moved.provider_id IS NOT NULL AND c.channel IN ('whatsapp', 'sms')
    ON CONFLICT (provider_id) DO UPDATE
    SET whole = true, due_at = excluded.due_at, attempts = 0, next_try_at = excluded.due_at, code = NULL, gone_at = NULL
    WHERE NOT copy.whole
)
SELECT id, conversation_id, status, code FROM moved
