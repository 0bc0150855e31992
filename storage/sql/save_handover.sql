-- What a turn made of the handover. Signs of life come by another way while it is thought about: the later counts.
INSERT INTO handovers AS h (
    id, conversation_id, reason, alert, stage, lease, owner, reserved_for, zone, raised, busy, struck, requested_at,
    since, wrote_at, unanswered_since, acted_at, lost_at, busy_until, next_strike_at, first_reply_at, closed_at
)
VALUES (
    :id, :conversation_id, :reason, :alert, :stage, :hold_lease, :owner, :reserved_for, :zone, :raised, :busy, :struck,
    now(), :since, :wrote_at, :unanswered_since, :acted_at, :lost_at, :busy_until, :next_strike_at, :first_reply_at,
    CASE WHEN :stage = 'closed' THEN now() END
)
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
    lost_at = CASE WHEN h.lease = excluded.lease AND h.acted_at IS NOT DISTINCT FROM excluded.acted_at THEN h.lost_at
                   ELSE excluded.lost_at END,
    busy_until = excluded.busy_until,
    next_strike_at = excluded.next_strike_at,
    first_reply_at = excluded.first_reply_at,
    closed_at = excluded.closed_at
