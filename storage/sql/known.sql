-- Which of the provider's messages are here: each looked up by its id, however many there are and ever were.
SELECT asked.external_id
FROM unnest(:external_ids) AS asked (external_id),
     LATERAL (SELECT 1 FROM inbox i WHERE i.source = :source AND i.external_id = asked.external_id OFFSET 0) here
