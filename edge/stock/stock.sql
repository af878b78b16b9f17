-- name: add
INSERT INTO stock (item_id, place, on_hand_thousandths) VALUES (?, ?, ?)
ON CONFLICT (item_id, place) DO UPDATE SET on_hand_thousandths = on_hand_thousandths + excluded.on_hand_thousandths

-- name: put_move
INSERT INTO stock_move (move_id, line_no, item_id, place, quantity_thousandths, reason, at_ms, batch, expires, serials)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: moves
SELECT line_no, item_id, place, quantity_thousandths, reason, batch, expires, serials FROM stock_move WHERE move_id = ?
ORDER BY line_no

-- name: on_hand
SELECT place, on_hand_thousandths FROM stock WHERE item_id = ? ORDER BY place

-- name: all_on_hand
SELECT item_id, place, on_hand_thousandths FROM stock WHERE item_id > ? ORDER BY item_id, place LIMIT ?

-- name: balances
SELECT item_id, place, on_hand_thousandths FROM stock

-- name: recount
SELECT item_id, place, sum(quantity_thousandths) FROM stock_move GROUP BY item_id, place ORDER BY item_id, place

-- name: prune_moves
DELETE FROM stock_move WHERE at_ms < ?

-- name: minimum
-- One set by hand wins.
SELECT coalesce((SELECT minimum_thousandths FROM stock_minimum WHERE item_id = ?1),
    (SELECT minimum_thousandths FROM stock_minimum_hq WHERE item_id = ?1))

-- name: put_minimum
INSERT INTO stock_minimum (item_id, minimum_thousandths, staff_id, at_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (item_id) DO UPDATE SET minimum_thousandths = excluded.minimum_thousandths, staff_id = excluded.staff_id,
    at_ms = excluded.at_ms

-- name: drop_minimum
DELETE FROM stock_minimum WHERE item_id = ?

-- name: put_low
INSERT INTO stock_low (item_id, since_ms) VALUES (?, ?) ON CONFLICT (item_id) DO NOTHING

-- name: drop_low
DELETE FROM stock_low WHERE item_id = ?

-- name: low_items
SELECT l.item_id, coalesce(item.name, l.item_id), coalesce(item.name_zh, ''), l.since_ms,
    coalesce(own.minimum_thousandths, hq.minimum_thousandths, 0),
    (SELECT coalesce(sum(on_hand_thousandths), 0) FROM stock WHERE stock.item_id = l.item_id AND stock.place IN (?2, ?3, ?4))
FROM stock_low l LEFT JOIN stock_minimum own USING (item_id) LEFT JOIN stock_minimum_hq hq USING (item_id) LEFT JOIN item USING (item_id)
ORDER BY l.since_ms, l.item_id LIMIT ?1

-- name: base_at
-- The stock without all corrections by counts: sales and other moves change it, a count does not.
SELECT coalesce((SELECT on_hand_thousandths FROM stock WHERE item_id = ?1 AND place = ?2), 0)
    - coalesce((SELECT corrected_thousandths FROM stock_counted WHERE item_id = ?1 AND place = ?2), 0)

-- name: corrected
SELECT corrected_thousandths FROM stock_counted WHERE item_id = ? AND place = ?

-- name: add_correction
INSERT INTO stock_counted (item_id, place, corrected_thousandths, counted_at_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (item_id, place) DO UPDATE SET corrected_thousandths = corrected_thousandths + excluded.corrected_thousandths,
    counted_at_ms = excluded.counted_at_ms

-- name: batch_base_at
SELECT coalesce((SELECT on_hand_thousandths FROM stock_batch WHERE item_id = ?1 AND place = ?2 AND batch = ?3 AND expires = ?4), 0)
    - coalesce((SELECT corrected_thousandths FROM stock_batch_counted
        WHERE item_id = ?1 AND place = ?2 AND batch = ?3 AND expires = ?4), 0)

-- name: batch_corrected
SELECT corrected_thousandths FROM stock_batch_counted WHERE item_id = ? AND place = ? AND batch = ? AND expires = ?

-- name: add_batch_correction
INSERT INTO stock_batch_counted (item_id, place, batch, expires, corrected_thousandths) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (item_id, place, batch, expires) DO UPDATE SET corrected_thousandths = corrected_thousandths + excluded.corrected_thousandths

-- name: standing_at
SELECT item_id, on_hand_thousandths FROM stock WHERE place = ? AND on_hand_thousandths <> 0 ORDER BY item_id

-- name: standing_of
SELECT on_hand_thousandths FROM stock WHERE item_id = ? AND place = ?

-- name: counted_at
SELECT counted_at_ms FROM stock_counted WHERE item_id = ?

-- name: recent_moves
SELECT at_ms, move_id, line_no, place, quantity_thousandths, reason FROM stock_move
WHERE item_id = ? ORDER BY at_ms DESC, move_id DESC, line_no DESC LIMIT ?

-- name: moves_since
SELECT at_ms, quantity_thousandths, reason FROM stock_move WHERE item_id = ? AND at_ms >= ? ORDER BY at_ms

-- name: left
-- No row: nothing of the item was ever recorded.
SELECT sum(on_hand_thousandths) FROM stock WHERE item_id = ?

-- name: put_below_zero
INSERT INTO stock_below_zero (item_id, since_ms) VALUES (?, ?) ON CONFLICT (item_id) DO NOTHING

-- name: drop_below_zero
DELETE FROM stock_below_zero WHERE item_id = ?

-- name: below_zero
SELECT stock_below_zero.item_id, coalesce(item.name, stock_below_zero.item_id), coalesce(item.name_zh, ''), coalesce(item.weighed, 0),
    stock_below_zero.since_ms, (SELECT coalesce(sum(on_hand_thousandths), 0) FROM stock WHERE stock.item_id = stock_below_zero.item_id)
FROM stock_below_zero LEFT JOIN item USING (item_id) ORDER BY stock_below_zero.since_ms, stock_below_zero.item_id LIMIT ?
