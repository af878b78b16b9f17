-- name: add
INSERT INTO stock (item_id, place, on_hand_thousandths) VALUES (?, ?, ?)
ON CONFLICT (item_id, place) DO UPDATE SET on_hand_thousandths = on_hand_thousandths + excluded.on_hand_thousandths

-- name: put_move
INSERT INTO stock_move (move_id, line_no, item_id, place, quantity_thousandths, reason, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: moves
SELECT line_no, item_id, place, quantity_thousandths, reason FROM stock_move WHERE move_id = ? ORDER BY line_no

-- name: on_hand
SELECT place, on_hand_thousandths FROM stock WHERE item_id = ? ORDER BY place

-- name: all_on_hand
SELECT item_id, place, on_hand_thousandths FROM stock WHERE item_id > ? ORDER BY item_id, place LIMIT ?

-- name: recount
SELECT item_id, place, sum(quantity_thousandths) FROM stock_move GROUP BY item_id, place ORDER BY item_id, place

-- name: prune_moves
DELETE FROM stock_move WHERE at_ms < ?
