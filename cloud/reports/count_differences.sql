-- name: rows
SELECT c.store_id, c.business_date::text, c.item_id, coalesce(i.name, c.item_id) AS name, c.place, c.expected_thousandths,
       c.counted_thousandths, c.counted_thousandths - c.expected_thousandths AS difference_thousandths, c.staff_id
FROM visible_stock_count c LEFT JOIN item i USING (item_id)
WHERE c.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR c.store_id = %(store_id)s)
  AND c.counted_thousandths <> c.expected_thousandths
ORDER BY abs(c.counted_thousandths - c.expected_thousandths) DESC, c.store_id, c.count_id, c.line_no
LIMIT %(limit)s;
