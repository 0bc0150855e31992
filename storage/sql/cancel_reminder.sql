-- A reminder that is no longer wanted never fires.
UPDATE reminders
SET cancelled_at = now()
WHERE conversation_id = :conversation_id AND name = :name AND fired_at IS NULL AND cancelled_at IS NULL
