-- An attachment that was announced; its bytes are fetched later, outside of any turn.
INSERT INTO media (id, conversation_id, inbox_id, content_type, url_sealed, status, attempts, next_try_at)
VALUES (:id, :conversation_id, :inbox_id, :content_type, :url, 'wanted', 0, now())
