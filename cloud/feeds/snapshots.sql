-- name: see_all
SELECT set_config('app.scope', 'all', true);

-- name: header
SELECT epoch, version, state_hash, row_count FROM feed WHERE feed_id = %(feed_id)s;

-- name: rows
SELECT key, body FROM feed_row WHERE feed_id = %(feed_id)s;
