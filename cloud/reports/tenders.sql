-- name: rows
SELECT business_date::text, kind, currency, sum(sales)::bigint AS sale_count, sum(received_minor)::bigint AS received_minor,
       sum(refunded_minor)::bigint AS refunded_minor, sum(received_minor - refunded_minor)::bigint AS total_minor
FROM (
    SELECT s.store_id, s.business_date, t.kind, s.currency, 1 AS sales, t.amount_minor - t.change_minor AS received_minor,
           0 AS refunded_minor
    FROM visible_sale s JOIN visible_tender t USING (store_id, sale_id)
    WHERE s.business_date BETWEEN %(from_date)s AND %(upto_date)s AND NOT s.training
    UNION ALL
    SELECT r.store_id, r.business_date, t.kind, r.currency, 0, 0, t.amount_minor
    FROM visible_goods_return r JOIN visible_return_tender t USING (store_id, return_id)
    WHERE r.business_date BETWEEN %(from_date)s AND %(upto_date)s
) paid
WHERE %(store_id)s::text IS NULL OR store_id = %(store_id)s
GROUP BY business_date, kind, currency
ORDER BY business_date, kind, currency
LIMIT %(limit)s;
