-- name: rows
SELECT r.store_id, r.business_date::text, r.reference, r.how, r.place, r.line_count,
       coalesce(sum(m.quantity_thousandths), 0)::bigint AS received_thousandths
FROM visible_goods_receipt r LEFT JOIN visible_stock_move m ON m.store_id = r.store_id AND m.event_id = r.event_id
WHERE r.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR r.store_id = %(store_id)s)
GROUP BY r.store_id, r.receipt_id, r.business_date, r.reference, r.how, r.place, r.line_count, r.at_ms
ORDER BY r.at_ms DESC, r.store_id, r.receipt_id
LIMIT %(limit)s;
