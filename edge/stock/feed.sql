-- name: row
SELECT body FROM feed_row WHERE feed_id = ? AND key = ?

-- name: rows
SELECT key, body FROM feed_row WHERE feed_id = ?1 AND key >= ?2 AND key < ?3 ORDER BY key

-- name: all_keys
SELECT key FROM feed_row WHERE feed_id = ? ORDER BY key

-- name: put_minimum
INSERT INTO stock_minimum_hq (item_id, minimum_thousandths) VALUES (?, ?)
ON CONFLICT (item_id) DO UPDATE SET minimum_thousandths = excluded.minimum_thousandths

-- name: drop_minimum
DELETE FROM stock_minimum_hq WHERE item_id = ?
