-- name: days_held
SELECT store_id, business_date, item_id FROM sales_history
WHERE store_id = ANY (%(store_ids)s) AND business_date BETWEEN %(first)s AND %(last)s;

-- name: days_recorded
SELECT DISTINCT store_id, business_date FROM visible_sale
WHERE store_id = ANY (%(store_ids)s) AND business_date BETWEEN %(first)s AND %(last)s
  AND closed_at_ms BETWEEN %(from_ms)s AND %(to_ms)s;

-- name: add
INSERT INTO sales_history (store_id, business_date, item_id, quantity_thousandths, net_minor, currency, receipt_count, import_id)
SELECT *, %(import_id)s FROM unnest(%(stores)s::text[], %(days)s::date[], %(items)s::text[], %(quantities)s::bigint[],
                                    %(nets)s::bigint[], %(currencies)s::text[], %(receipts)s::integer[])
ON CONFLICT (store_id, business_date, item_id) DO NOTHING;

-- name: remove
DELETE FROM sales_history WHERE import_id = %(import_id)s;

-- name: has_history
SELECT 1 FROM sales_history WHERE store_id = %(store_id)s LIMIT 1;

-- name: daily
WITH recorded AS (
    SELECT s.business_date, s.store_id, s.currency, count(*)::integer AS receipt_count, sum(s.total_minor)::bigint AS net_minor,
           coalesce(sum(l.quantity), 0)::bigint AS quantity_thousandths
    FROM visible_sale s
    JOIN LATERAL (SELECT sum(stock_thousandths) AS quantity FROM visible_sale_line
                  WHERE store_id = s.store_id AND sale_id = s.sale_id) l ON true
    WHERE s.business_date BETWEEN %(first)s AND %(last)s AND s.closed_at_ms BETWEEN %(from_ms)s AND %(to_ms)s
      AND (%(store_id)s::text IS NULL OR s.store_id = %(store_id)s)
    GROUP BY 1, 2, 3
), returned AS (
    SELECT business_date, store_id, currency, sum(total_minor)::bigint AS returned_minor FROM visible_goods_return
    WHERE business_date BETWEEN %(first)s AND %(last)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)
    GROUP BY 1, 2, 3
), history AS (
    SELECT business_date, store_id, currency, sum(receipt_count)::integer AS receipt_count, sum(net_minor)::bigint AS net_minor,
           sum(quantity_thousandths)::bigint AS quantity_thousandths
    FROM sales_history
    WHERE business_date BETWEEN %(first)s AND %(last)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)
    GROUP BY 1, 2, 3
)
SELECT business_date::text, store_id, currency, source, quantity_thousandths, net_minor, receipt_count, returned_minor
FROM (
    SELECT business_date, store_id, currency, 'recorded' AS source, coalesce(quantity_thousandths, 0) AS quantity_thousandths,
           coalesce(net_minor, 0) AS net_minor, coalesce(receipt_count, 0) AS receipt_count,
           coalesce(returned_minor, 0) AS returned_minor
    FROM recorded FULL JOIN returned USING (business_date, store_id, currency)
    UNION ALL
    SELECT business_date, store_id, currency, 'history', quantity_thousandths, net_minor, NULL, 0 FROM history
) days
ORDER BY business_date, store_id, currency, source
LIMIT %(limit)s;

-- name: daily_of_item
WITH recorded AS (
    SELECT s.business_date, s.store_id, s.currency, sum(l.stock_thousandths)::bigint AS quantity_thousandths,
           sum(l.net_minor)::bigint AS net_minor, count(DISTINCT s.sale_id)::integer AS receipt_count
    FROM visible_sale s JOIN visible_sale_line l ON l.store_id = s.store_id AND l.sale_id = s.sale_id
    WHERE s.business_date BETWEEN %(first)s AND %(last)s AND s.closed_at_ms BETWEEN %(from_ms)s AND %(to_ms)s
      AND (%(store_id)s::text IS NULL OR s.store_id = %(store_id)s) AND l.item_id = %(item_id)s
    GROUP BY 1, 2, 3
), returned AS (
    SELECT l.business_date, l.store_id, r.currency, sum(l.refund_minor)::bigint AS returned_minor
    FROM visible_goods_return_line l JOIN visible_goods_return r ON r.store_id = l.store_id AND r.return_id = l.return_id
    WHERE l.business_date BETWEEN %(first)s AND %(last)s AND (%(store_id)s::text IS NULL OR l.store_id = %(store_id)s)
      AND l.item_id = %(item_id)s
    GROUP BY 1, 2, 3
)
SELECT business_date::text, store_id, currency, source, quantity_thousandths, net_minor, receipt_count, returned_minor
FROM (
    SELECT business_date, store_id, currency, 'recorded' AS source, coalesce(quantity_thousandths, 0) AS quantity_thousandths,
           coalesce(net_minor, 0) AS net_minor, coalesce(receipt_count, 0) AS receipt_count,
           coalesce(returned_minor, 0) AS returned_minor
    FROM recorded FULL JOIN returned USING (business_date, store_id, currency)
    UNION ALL
    SELECT business_date, store_id, currency, 'history', quantity_thousandths, net_minor, receipt_count, 0
    FROM sales_history
    WHERE business_date BETWEEN %(first)s AND %(last)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)
      AND item_id = %(item_id)s
) days
ORDER BY business_date, store_id, currency, source
LIMIT %(limit)s;
