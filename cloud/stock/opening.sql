-- name: taken
SELECT DISTINCT store_id, item_id FROM visible_stock_on_hand
WHERE store_id = ANY (%(store_ids)s) AND item_id = ANY (%(item_ids)s)
UNION
SELECT o.store_id, o.item_id FROM opening_stock o
WHERE o.store_id = ANY (%(store_ids)s) AND o.item_id = ANY (%(item_ids)s)
  AND NOT EXISTS (SELECT 1 FROM visible_opening_refused r
                  WHERE r.store_id = o.store_id AND r.import_id = o.import_id AND r.line_no = o.line_no);

-- name: add_lines
INSERT INTO opening_stock (import_id, line_no, store_id, item_id, place, quantity_thousandths, move_id)
SELECT %(import_id)s, * FROM unnest(%(lines)s::integer[], %(stores)s::text[], %(items)s::text[], %(places)s::text[],
                                    %(quantities)s::bigint[], %(moves)s::text[]);

-- name: answers
SELECT o.store_id, count(*) AS sent, count(m.move_id) AS opened, count(r.event_id) AS refused
FROM opening_stock o
LEFT JOIN visible_stock_move m ON m.store_id = o.store_id AND m.move_id = o.move_id
LEFT JOIN visible_opening_refused r ON r.store_id = o.store_id AND r.import_id = o.import_id AND r.line_no = o.line_no
WHERE o.import_id = %(import_id)s
GROUP BY o.store_id ORDER BY o.store_id;

-- name: refused
SELECT o.line_no, o.store_id, o.item_id, o.place, r.reason
FROM opening_stock o
JOIN visible_opening_refused r ON r.store_id = o.store_id AND r.import_id = o.import_id AND r.line_no = o.line_no
WHERE o.import_id = %(import_id)s
ORDER BY o.line_no
LIMIT %(limit)s;

-- name: stores_answered
SELECT DISTINCT o.store_id FROM opening_stock o
WHERE NOT o.retired
  AND (EXISTS (SELECT 1 FROM visible_stock_move m WHERE m.store_id = o.store_id AND m.move_id = o.move_id)
       OR EXISTS (SELECT 1 FROM visible_opening_refused r
                  WHERE r.store_id = o.store_id AND r.import_id = o.import_id AND r.line_no = o.line_no))
ORDER BY o.store_id;

-- name: retire
UPDATE opening_stock SET retired = true
WHERE store_id = %(store_id)s AND (import_id, line_no) IN (
    SELECT o.import_id, o.line_no FROM opening_stock o
    WHERE o.store_id = %(store_id)s AND NOT o.retired
      AND (EXISTS (SELECT 1 FROM visible_stock_move m WHERE m.store_id = o.store_id AND m.move_id = o.move_id)
           OR EXISTS (SELECT 1 FROM visible_opening_refused r
                      WHERE r.store_id = o.store_id AND r.import_id = o.import_id AND r.line_no = o.line_no))
    LIMIT %(limit)s)
RETURNING import_id, line_no;
