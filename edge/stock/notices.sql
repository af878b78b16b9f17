-- name: over
SELECT asn_id FROM notice WHERE ended_at_ms IS NOT NULL

-- name: is_over
SELECT 1 FROM notice WHERE asn_id = ? AND ended_at_ms IS NOT NULL

-- name: end
INSERT INTO notice (asn_id, ended_at_ms) VALUES (?, ?) ON CONFLICT (asn_id) DO UPDATE SET ended_at_ms = excluded.ended_at_ms

-- name: add
INSERT INTO notice_came (asn_id, item_id, came_thousandths) VALUES (?, ?, ?)
ON CONFLICT (asn_id, item_id) DO UPDATE SET came_thousandths = came_thousandths + excluded.came_thousandths

-- name: came
SELECT item_id, came_thousandths FROM notice_came WHERE asn_id = ?

-- name: prune_came
DELETE FROM notice_came WHERE NOT EXISTS (SELECT 1 FROM notice WHERE notice.asn_id = notice_came.asn_id)
    AND NOT EXISTS (SELECT 1 FROM feed_row WHERE feed_row.key LIKE 'asn/' || notice_came.asn_id || '/%')

-- name: prune
-- One whose rows are still in the feed stays known as over.
DELETE FROM notice WHERE ended_at_ms < ?
    AND NOT EXISTS (SELECT 1 FROM feed_row WHERE feed_row.key LIKE 'asn/' || notice.asn_id || '/%')
