-- name: get
SELECT order_id, device_id, epc, raw, bits, what, new_epc, staff_id, sale_id, at_ms, outcome, fault, words FROM tag_order WHERE order_id = ?

-- name: open
SELECT order_id, device_id, epc, raw, bits, what, new_epc, staff_id, sale_id, at_ms, outcome, fault, words FROM tag_order
WHERE outcome = '' ORDER BY at_ms, order_id

-- name: newest
SELECT order_id, device_id, epc, raw, bits, what, new_epc, staff_id, sale_id, at_ms, outcome, fault, words FROM tag_order
ORDER BY at_ms DESC, order_id DESC LIMIT ?

-- name: put
INSERT INTO tag_order (order_id, device_id, epc, raw, bits, what, new_epc, staff_id, sale_id, at_ms, outcome, fault, words)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '')

-- name: end
UPDATE tag_order SET outcome = ?2, fault = ?3, words = ?4 WHERE order_id = ?1

-- name: prune
DELETE FROM tag_order WHERE outcome <> '' AND at_ms < ?

-- name: is_taken
SELECT 1 FROM goods_tag WHERE epc = ?1 UNION ALL SELECT 1 FROM tag_presence WHERE epc = ?1 AND gone = 0

-- name: drop_tag
DELETE FROM goods_tag WHERE epc = ?

-- name: leave
UPDATE tag_presence SET gone = 1 WHERE epc = ?

-- name: book_place
SELECT coalesce(nullif(book_place, ''), place) FROM tag_presence WHERE epc = ? ORDER BY gone LIMIT 1
