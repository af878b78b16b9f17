-- name: see_all
SELECT set_config('app.scope', 'all', true);

-- name: header
SELECT epoch, version, state_hash, row_count FROM feed WHERE feed_id = %(feed_id)s;

-- name: stands_with
SELECT other.feed_id, max(other.version)
FROM release_feed mine JOIN release_feed other USING (release_id)
WHERE mine.member AND mine.feed_id = %(feed_id)s AND mine.version <= %(version)s AND other.feed_id <> %(feed_id)s
  AND (split_part(%(feed_id)s, '/', 1) <> 'store' OR split_part(other.feed_id, '/', 1) <> 'store'
       OR split_part(other.feed_id, '/', 2) = split_part(%(feed_id)s, '/', 2))  -- no store follows the feed of another
GROUP BY other.feed_id ORDER BY other.feed_id;

-- name: newest_release
SELECT r.release_id, r.effective_at_ms FROM release_feed f JOIN release r USING (release_id)
WHERE f.member AND f.feed_id = %(feed_id)s AND f.version <= %(version)s ORDER BY f.version DESC LIMIT 1;

-- name: rows
SELECT key, body FROM feed_row WHERE feed_id = %(feed_id)s;
