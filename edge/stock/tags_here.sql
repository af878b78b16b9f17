-- name: at_place
SELECT item_id, epc FROM tag_here WHERE place = ?

-- name: heard_at
-- What fixed readers hear at a place now.
SELECT epc FROM tag_presence WHERE place = ? AND gone = 0 AND item_id <> '' ORDER BY epc
