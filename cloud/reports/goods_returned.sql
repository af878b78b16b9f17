-- name: rows
-- Returned twice: a line with a unit that also came back with another return, as far as the asker sees them.
SELECT l.store_id, l.business_date::text, l.reason, count(*) AS line_count, sum(l.quantity)::bigint AS unit_count, r.currency,
       sum(l.refund_minor)::bigint AS refund_minor, count(*) FILTER (WHERE r.policy = 'no_receipt') AS no_receipt_count,
       count(*) FILTER (WHERE r.unverified) AS unverified_count,
       count(*) FILTER (WHERE l.sale_id <> '' AND EXISTS (
           SELECT 1 FROM visible_goods_return_line o
           WHERE o.sold_store_id = l.sold_store_id AND o.sale_id = l.sale_id AND o.sold_line_no = l.sold_line_no
             AND (o.store_id, o.return_id, o.return_no) <> (l.store_id, l.return_id, l.return_no)
             AND int8range(o.first_unit, o.first_unit + o.quantity) && int8range(l.first_unit, l.first_unit + l.quantity)
       )) AS clash_count
FROM visible_goods_return_line l JOIN visible_goods_return r ON r.store_id = l.store_id AND r.return_id = l.return_id
WHERE l.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR l.store_id = %(store_id)s)
GROUP BY l.store_id, l.business_date, l.reason, r.currency
ORDER BY l.business_date DESC, l.store_id, l.reason, r.currency
LIMIT %(limit)s;
