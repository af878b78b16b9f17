-- name: waiting
SELECT import_id, line_no, item_id, place, quantity_thousandths FROM opening_stock WHERE answer IS NULL ORDER BY import_id, line_no

-- name: has_moved
SELECT 1 FROM stock s
WHERE s.item_id = ?1 AND (s.place = ?2 OR NOT EXISTS (
    SELECT 1 FROM opening_stock o
    WHERE o.item_id = s.item_id AND o.place = s.place AND o.import_id = ?3 AND o.answer = 'opened'))
LIMIT 1

-- name: note
UPDATE opening_stock SET answer = ? WHERE import_id = ? AND line_no = ?
