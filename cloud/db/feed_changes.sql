-- name: add_pending
INSERT INTO feed_pending (feed_id, key, body) VALUES (%(feed_id)s, %(key)s, %(body)s);

-- name: add_many_pending
INSERT INTO feed_pending (feed_id, key, body)
SELECT %(feed_id)s, key, body
FROM unnest(%(keys)s::text[], %(bodies)s::bytea[]) WITH ORDINALITY AS rows (key, body, place)
ORDER BY place;

-- name: ensure_feed
INSERT INTO feed (feed_id, epoch, state_hash)
VALUES (%(feed_id)s, (SELECT feed_epoch FROM hq_state), %(state_hash)s)
ON CONFLICT (feed_id) DO NOTHING;

-- name: lock_feed
SELECT epoch, version, state_hash FROM feed WHERE feed_id = %(feed_id)s FOR UPDATE;

-- name: pending_changes
SELECT p.key, p.body, r.body
FROM (SELECT DISTINCT ON (key) key, body FROM feed_pending WHERE feed_id = %(feed_id)s ORDER BY key, n DESC) p
LEFT JOIN feed_row r ON r.feed_id = %(feed_id)s AND r.key = p.key
WHERE p.body IS DISTINCT FROM r.body;

-- name: apply_puts
INSERT INTO feed_row (feed_id, key, body)
SELECT p.feed_id, p.key, p.body
FROM (SELECT DISTINCT ON (key) feed_id, key, body FROM feed_pending WHERE feed_id = %(feed_id)s ORDER BY key, n DESC) p
WHERE p.body IS NOT NULL
ON CONFLICT (feed_id, key) DO UPDATE SET body = excluded.body WHERE feed_row.body IS DISTINCT FROM excluded.body;

-- name: apply_deletes
DELETE FROM feed_row r
USING (SELECT DISTINCT ON (key) key, body FROM feed_pending WHERE feed_id = %(feed_id)s ORDER BY key, n DESC) p
WHERE r.feed_id = %(feed_id)s AND r.key = p.key AND p.body IS NULL;

-- name: clear_pending
DELETE FROM feed_pending WHERE feed_id = %(feed_id)s;

-- name: add_delta
INSERT INTO feed_delta (feed_id, version, delta, at_ms) VALUES (%(feed_id)s, %(version)s, %(delta)s, %(now_ms)s);

-- name: advance
UPDATE feed
SET version = %(version)s, state_hash = %(state_hash)s, row_count = row_count + %(grown)s, changed_at_ms = %(now_ms)s,
    deltas_after = CASE WHEN %(snapshot_only)s THEN %(version)s ELSE deltas_after END
WHERE feed_id = %(feed_id)s;

-- name: notify
SELECT pg_notify(%(channel)s, %(feed_id)s);
