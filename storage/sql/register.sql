-- A person who writes for the first time, and her key; nobody is made for a message that is known.
WITH person AS (
    INSERT INTO people (id, phone_index, phone_sealed, pseudonym, created_at, forget_decided)
    SELECT :person_id, :phone_index, :phone_sealed, :pseudonym, now(), false
    WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE source = :source AND external_id = :external_id)
    ON CONFLICT (phone_index) DO NOTHING
    RETURNING id
)
INSERT INTO keys.owner_keys (id, owner_id, owner_kind, wrapped, made_at)
SELECT :key_id, id, 'person', :wrapped, now()
FROM person
RETURNING id
