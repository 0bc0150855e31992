-- One live reminder a conversation and name; asking again puts it off.
INSERT INTO reminders (id, conversation_id, name, due_at)
VALUES (:id, :conversation_id, :name, now() + :after)
ON CONFLICT (conversation_id, name) WHERE fired_at IS NULL AND cancelled_at IS NULL
DO UPDATE SET due_at = excluded.due_at
