-- name: one
SELECT aisle, shelf, slot FROM label_place WHERE label_id = ?

-- name: all
SELECT label_id, aisle, shelf, slot FROM label_place ORDER BY aisle, shelf DESC, slot, label_id

-- name: put
INSERT INTO label_place (label_id, aisle, shelf, slot, staff_id, placed_at_ms) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (label_id) DO UPDATE SET aisle = excluded.aisle, shelf = excluded.shelf, slot = excluded.slot,
    staff_id = excluded.staff_id, placed_at_ms = excluded.placed_at_ms

-- name: drop
DELETE FROM label_place WHERE label_id = ?
