-- name: held_of
SELECT coalesce(sum(held_thousandths), 0) FROM reservation_line WHERE item_id = ? AND held_thousandths > 0

-- name: get
SELECT reservation_id, order_id, state, why, name, due_ms, until_ms, since_ms FROM reservation WHERE reservation_id = ?

-- name: head
SELECT order_id, state, why, staff_id FROM reservation WHERE reservation_id = ?

-- name: standing
SELECT reservation_id, order_id, state, why, name, due_ms, until_ms, since_ms FROM reservation
WHERE state IN ('confirmed', 'partial', 'picked') ORDER BY due_ms, reservation_id LIMIT ?

-- name: lines
SELECT l.item_id, coalesce(item.name, l.item_id), coalesce(item.name_zh, ''), coalesce(item.weighed, 0), l.wanted_thousandths,
    l.held_thousandths, l.picked_thousandths
FROM reservation_line l LEFT JOIN item USING (item_id) WHERE l.reservation_id = ? ORDER BY l.item_id

-- name: put
INSERT INTO reservation (reservation_id, order_id, state, why, name, due_ms, until_ms, since_ms, at_ms, staff_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')

-- name: put_line
INSERT INTO reservation_line (reservation_id, item_id, wanted_thousandths, held_thousandths) VALUES (?, ?, ?, ?)

-- name: set_times
UPDATE reservation SET due_ms = ?2, until_ms = ?3 WHERE reservation_id = ?1

-- name: set_state
UPDATE reservation SET state = ?, why = ?, at_ms = ?, staff_id = ? WHERE reservation_id = ?

-- name: set_picked
UPDATE reservation_line SET held_thousandths = ?1, picked_thousandths = ?1 WHERE reservation_id = ?2 AND item_id = ?3

-- name: free
-- Nothing is held for it any more.
UPDATE reservation_line SET held_thousandths = 0 WHERE reservation_id = ?

-- name: of_order
SELECT reservation_id FROM reservation WHERE order_id = ? AND state IN ('confirmed', 'partial', 'picked')

-- name: overdue
SELECT reservation_id FROM reservation WHERE until_ms <= ? AND state IN ('confirmed', 'partial', 'picked') ORDER BY until_ms

-- name: newest_of_item
-- What is held and not picked yet, the newest first.
SELECT l.reservation_id, l.held_thousandths - l.picked_thousandths FROM reservation_line l JOIN reservation r USING (reservation_id)
WHERE l.item_id = ? AND l.held_thousandths > l.picked_thousandths ORDER BY r.since_ms DESC, l.reservation_id DESC

-- name: take
UPDATE reservation_line SET held_thousandths = held_thousandths - ? WHERE reservation_id = ? AND item_id = ?

-- name: prune
DELETE FROM reservation WHERE at_ms < ? AND state IN ('refused', 'handed_over', 'released')
    AND NOT EXISTS (SELECT 1 FROM feed_row WHERE feed_row.key = 'reservation/' || reservation.reservation_id)
