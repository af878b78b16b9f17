-- name: all
SELECT feed_id, epoch, version, state_hash, release, delta, file FROM feed_staged ORDER BY n

-- name: of_feed
SELECT feed_id, epoch, version, state_hash, release, delta, file FROM feed_staged WHERE feed_id = ? ORDER BY n

-- name: add
INSERT INTO feed_staged (feed_id, epoch, version, state_hash, release, delta, file) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: drop_from
DELETE FROM feed_staged WHERE feed_id = ? AND version >= ?

-- name: drop_upto
DELETE FROM feed_staged WHERE feed_id = ? AND version <= ?

-- name: row_body
SELECT body FROM feed_row WHERE feed_id = ? AND key = ?
