-- name: zone
SELECT zone FROM zone;

-- name: rows_at
SELECT (SELECT state_hash FROM feed WHERE feed_id = ?1), (SELECT count(*) FROM feed_row WHERE feed_id = ?1),
       (SELECT total(length(body)) FROM feed_row WHERE feed_id = ?1);

-- name: rows
SELECT key, body FROM feed_row WHERE feed_id = ? ORDER BY key;

-- name: begin
INSERT INTO promotion_bundle (hash, promotions, canonical, since_ms) VALUES (?, ?, ?, ?);

-- name: begin_again
UPDATE promotion_bundle SET until_ms = NULL WHERE hash = ? AND until_ms IS NOT NULL;

-- name: end_others
UPDATE promotion_bundle SET until_ms = ?2 WHERE hash <> ?1 AND until_ms IS NULL;

-- name: kept
SELECT canonical FROM promotion_bundle WHERE hash = ?;

-- name: held
SELECT hash, promotions, since_ms, until_ms FROM promotion_bundle ORDER BY until_ms DESC NULLS FIRST, since_ms DESC, hash;

-- name: forget
DELETE FROM promotion_bundle WHERE until_ms < ?;

-- name: forget_beyond
DELETE FROM promotion_bundle WHERE until_ms IS NOT NULL AND hash NOT IN
  (SELECT hash FROM promotion_bundle ORDER BY until_ms DESC NULLS FIRST, since_ms DESC, hash LIMIT ?);
