-- name: rows
SELECT l.item_id, max(l.name) AS name, s.currency, count(DISTINCT (s.store_id, s.sale_id)) AS sale_count,
       sum(l.stock_thousandths)::bigint AS sold_thousandths, sum(l.net_minor)::bigint AS net_minor
FROM visible_sale s JOIN visible_sale_line l USING (store_id, sale_id)
WHERE s.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR s.store_id = %(store_id)s)
GROUP BY l.item_id, s.currency
ORDER BY net_minor DESC, l.item_id, s.currency
LIMIT %(limit)s;
