-- name: begin_reading
INSERT INTO step_reader (reader, tx, at_store, at_rev) VALUES (%(reader)s, '0', '', 0) ON CONFLICT (reader) DO NOTHING;

-- name: place
SELECT tx::text, at_store, at_rev FROM step_reader WHERE reader = %(reader)s FOR UPDATE SKIP LOCKED;

-- name: next_steps
SELECT tx::text, store_id, ingest_rev FROM visible_ingest_step
WHERE (tx, store_id, ingest_rev) > (%(tx)s::text::xid8, %(at_store)s, %(at_rev)s)
  AND tx < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY tx, store_id, ingest_rev
LIMIT %(limit)s;

-- name: move
UPDATE step_reader SET tx = %(tx)s::text::xid8, at_store = %(at_store)s, at_rev = %(at_rev)s WHERE reader = %(reader)s;
