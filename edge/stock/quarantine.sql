-- name: recalls
SELECT r.recall_id, r.item_id, coalesce(item.name, r.item_id), coalesce(item.name_zh, ''), r.batch, r.reason, r.from_ms
FROM recall r LEFT JOIN item USING (item_id) WHERE r.from_ms <= ? ORDER BY r.from_ms, r.recall_id LIMIT ?

-- name: lots
SELECT place, batch, expires, on_hand_thousandths FROM stock_batch
WHERE item_id = ?1 AND (?2 = '' OR batch = ?2) AND place IN (?3, ?4, ?5) AND on_hand_thousandths > 0 ORDER BY place, expires, batch

-- name: unnamed
SELECT coalesce(sum(on_hand_thousandths), 0) FROM stock_batch
WHERE item_id = ?1 AND batch = '' AND place IN (?2, ?3, ?4) AND on_hand_thousandths > 0

-- name: done
SELECT 1 FROM stock_move WHERE move_id >= ?1 AND move_id < ?1 || char(1114111) LIMIT 1
