-- name: tag
SELECT epc, gtin, item_id, state, why, device_id, seen_at_ms, fact_id FROM goods_tag WHERE epc = ?

-- name: put_tag
INSERT INTO goods_tag (epc, gtin, item_id, state, why, device_id, seen_at_ms, fact_id) VALUES (?, ?, ?, ?, ?, ?, ?, '')
ON CONFLICT (epc) DO UPDATE SET gtin = excluded.gtin, item_id = excluded.item_id, state = excluded.state, why = excluded.why,
    device_id = excluded.device_id, seen_at_ms = excluded.seen_at_ms

-- name: touch
UPDATE goods_tag SET seen_at_ms = max(seen_at_ms, ?2) WHERE epc = ?1

-- name: settle
UPDATE goods_tag SET state = ?2, fact_id = ?3 WHERE epc = ?1

-- name: waiting
SELECT epc, gtin, item_id, state, why, device_id, seen_at_ms, fact_id FROM goods_tag
WHERE state = ?1 AND device_id = ?2 ORDER BY epc LIMIT ?3

-- name: doors_waiting
SELECT DISTINCT device_id, state FROM goods_tag WHERE state IN ('arriving', 'leaving')

-- name: known_now
-- Unknown tags whose code the catalogue has meanwhile.
SELECT epc, gtin, item_id, state, why, device_id, seen_at_ms, fact_id FROM goods_tag
WHERE state = 'unknown' AND EXISTS (
    SELECT 1 FROM barcode JOIN item ON item.item_id = barcode.item_id WHERE barcode.gtin = goods_tag.gtin AND item.weighed = 0
) ORDER BY epc LIMIT ?

-- name: unknown_count
SELECT count(*) FROM goods_tag WHERE state = 'unknown' AND why <> 'foreign'

-- name: open_tags
-- What a person has to look at, newest first.
SELECT epc, gtin, item_id, state, why, device_id, seen_at_ms, fact_id FROM goods_tag
WHERE state IN ('unknown', 'undecided') ORDER BY seen_at_ms DESC, epc LIMIT ?

-- name: tags_of_item
SELECT epc, gtin, item_id, state, why, device_id, seen_at_ms, fact_id FROM goods_tag WHERE item_id = ?1 AND epc > ?2
ORDER BY epc LIMIT ?3

-- name: dismiss
DELETE FROM goods_tag WHERE epc = ? AND state IN ('unknown', 'undecided')

-- name: put_passage
INSERT INTO goods_passage (fact_id, kind, at_ms, fact) VALUES (?, ?, ?, ?)

-- name: passages
SELECT fact_id, at_ms, fact FROM goods_passage WHERE kind = ? ORDER BY at_ms DESC, fact_id DESC LIMIT ?

-- name: prune_passages
DELETE FROM goods_passage WHERE at_ms < ?

-- name: prune_tags
DELETE FROM goods_tag WHERE state IN ('left', 'unknown', 'undecided') AND seen_at_ms < ?

-- name: prune_foreign
DELETE FROM goods_tag WHERE epc IN (
    SELECT epc FROM goods_tag WHERE state = 'unknown' AND why = 'foreign' ORDER BY seen_at_ms DESC LIMIT -1 OFFSET ?
)

-- name: is_known
SELECT 1 FROM tag_presence WHERE epc = ?

-- name: shelf_plans
SELECT key, body FROM feed_row WHERE feed_id = ?1 AND key >= 'shelf_plan/' AND key < 'shelf_plan0' ORDER BY key LIMIT 1000
