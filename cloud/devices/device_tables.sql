-- name: lock
SELECT store_id FROM store WHERE store_id = %(store_id)s FOR UPDATE;

-- name: newest
SELECT revision, text, even_if_not_ready, sent_at_ms, sent_by FROM device_table_sent
WHERE store_id = %(store_id)s ORDER BY revision DESC LIMIT 1;

-- name: add
INSERT INTO device_table_sent (store_id, revision, text, even_if_not_ready, sent_at_ms, sent_by)
VALUES (%(store_id)s, %(revision)s, %(text)s, %(even_if_not_ready)s, %(sent_at_ms)s, %(sent_by)s);

-- name: told
SELECT at_ms, in_force, text, revision, outcome, reason FROM visible_device_table_told
WHERE store_id = %(store_id)s ORDER BY ingest_rev DESC, at_ms DESC, event_id DESC LIMIT 1;
