-- name: of_item
-- First expired, first out; goods without a date come last.
SELECT place, batch, expires, on_hand_thousandths FROM stock_batch WHERE item_id = ?1 AND (?2 = '' OR place = ?2)
ORDER BY place, expires = '', expires, batch

-- name: of_lot
SELECT on_hand_thousandths FROM stock_batch WHERE item_id = ? AND place = ? AND batch = ? AND expires = ?

-- name: add
INSERT INTO stock_batch (item_id, place, batch, expires, on_hand_thousandths, since_ms) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (item_id, place, batch, expires) DO UPDATE SET on_hand_thousandths = on_hand_thousandths + excluded.on_hand_thousandths

-- name: drop_empty
DELETE FROM stock_batch WHERE item_id = ?1 AND place = ?2 AND batch = ?3 AND expires = ?4 AND on_hand_thousandths = 0
    AND (batch <> '' OR expires <> '')

-- name: put_part
INSERT INTO stock_batch_move (move_id, line_no, part_no, batch, expires, quantity_thousandths) VALUES (?, ?, ?, ?, ?, ?)

-- name: parts_of
SELECT batch, expires, quantity_thousandths FROM stock_batch_move WHERE move_id = ? AND line_no = ? ORDER BY part_no

-- name: expiring
SELECT b.item_id, b.place, b.batch, b.expires, b.on_hand_thousandths, coalesce(item.name, b.item_id), coalesce(item.name_zh, ''),
    coalesce(item.weighed, 0)
FROM stock_batch b LEFT JOIN item USING (item_id)
WHERE b.expires <> '' AND b.expires <= ?1 AND b.on_hand_thousandths > 0 AND b.place <> 'quarantine'
ORDER BY b.expires, b.item_id, b.place, b.batch LIMIT ?2

-- name: recount
-- What the moves say; a move without parts was all of no batch.
SELECT m.item_id, m.place, coalesce(p.batch, ''), coalesce(p.expires, ''), sum(coalesce(p.quantity_thousandths, m.quantity_thousandths))
FROM stock_move m LEFT JOIN stock_batch_move p USING (move_id, line_no)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

-- name: breakdown
SELECT item_id, place, batch, expires, on_hand_thousandths FROM stock_batch ORDER BY item_id, place, batch, expires

-- name: lots_beside
-- Lots of an item at a place, whatever is left of them.
SELECT batch, expires, on_hand_thousandths FROM stock_batch WHERE item_id = ? AND place = ? ORDER BY expires = '', expires, batch

-- name: put_serial
INSERT INTO stock_serial (item_id, serial, place, batch, at_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (item_id, serial) DO UPDATE SET place = excluded.place,
    batch = CASE excluded.batch WHEN '' THEN batch ELSE excluded.batch END, at_ms = excluded.at_ms

-- name: serials_of
SELECT serial, place, batch FROM stock_serial WHERE item_id = ? AND place <> '' ORDER BY place, serial LIMIT ?

-- name: prune_parts
DELETE FROM stock_batch_move WHERE NOT EXISTS (
    SELECT 1 FROM stock_move m WHERE m.move_id = stock_batch_move.move_id AND m.line_no = stock_batch_move.line_no)

-- name: prune_serials
DELETE FROM stock_serial WHERE place = '' AND at_ms < ?
