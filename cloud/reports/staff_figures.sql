-- name: rows
WITH sold AS (
    SELECT s.store_id, s.cashier_id, s.currency, count(*) AS sale_count, sum(s.total_minor)::bigint AS total_minor,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY s.closed_at_ms - s.opened_at_ms) AS median_ms
    FROM visible_sale s
    WHERE s.business_date BETWEEN %(from_date)s AND %(upto_date)s AND NOT s.training
      AND (%(store_id)s::text IS NULL OR s.store_id = %(store_id)s)
    GROUP BY s.store_id, s.cashier_id, s.currency
), lines AS (
    SELECT s.store_id, s.cashier_id, s.currency, sum(l.quantity)::bigint AS unit_count,
           coalesce(sum((
               SELECT sum(share::bigint) FROM jsonb_array_elements(l.discounts::jsonb) d,
                      jsonb_array_elements_text(d -> 'shares_minor') share
               WHERE d ->> 'promotion_id' LIKE 'manual:%%'
           )) FILTER (WHERE l.discounts IS NOT NULL), 0)::bigint AS discount_minor
    FROM visible_sale s JOIN visible_sale_line l USING (store_id, sale_id)
    WHERE s.business_date BETWEEN %(from_date)s AND %(upto_date)s AND NOT s.training
      AND (%(store_id)s::text IS NULL OR s.store_id = %(store_id)s)
    GROUP BY s.store_id, s.cashier_id, s.currency
), days AS (
    SELECT p.store_id, extract(epoch FROM %(from_date)s::timestamp AT TIME ZONE p.time_zone) * 1000 AS from_ms,
           extract(epoch FROM (%(upto_date)s::timestamp + interval '1 day') AT TIME ZONE p.time_zone) * 1000 AS upto_ms
    FROM store p WHERE %(store_id)s::text IS NULL OR p.store_id = %(store_id)s
), events AS (
    SELECT e.store_id, e.cashier_id, count(*) FILTER (WHERE what = 'void') AS void_count,
           count(*) FILTER (WHERE what = 'abandoned') AS abandoned_count, count(*) FILTER (WHERE what = 'drawer') AS drawer_count,
           count(*) FILTER (WHERE what = 'return') AS return_count
    FROM (
        SELECT store_id, cashier_id, at_ms, 'void' AS what FROM visible_line_void
        UNION ALL SELECT store_id, cashier_id, at_ms, 'abandoned' FROM visible_sale_abandoned
        UNION ALL SELECT store_id, cashier_id, at_ms, 'drawer' FROM visible_drawer_opening
        UNION ALL SELECT store_id, cashier_id, at_ms, 'return' FROM visible_goods_return
    ) e JOIN days d USING (store_id)
    WHERE e.at_ms >= d.from_ms AND e.at_ms < d.upto_ms
    GROUP BY e.store_id, e.cashier_id
)
SELECT s.store_id, s.cashier_id, s.currency, s.sale_count, coalesce(l.unit_count, 0)::bigint AS unit_count, s.total_minor,
       (s.total_minor / s.sale_count)::bigint AS average_minor, (s.median_ms / 1000)::bigint AS seconds_a_sale,
       coalesce(e.void_count, 0)::bigint AS void_count, coalesce(e.abandoned_count, 0)::bigint AS abandoned_count,
       coalesce(e.drawer_count, 0)::bigint AS drawer_count, coalesce(l.discount_minor, 0)::bigint AS discount_minor,
       coalesce(e.return_count, 0)::bigint AS return_count
FROM sold s
LEFT JOIN lines l USING (store_id, cashier_id, currency)
LEFT JOIN events e USING (store_id, cashier_id)
ORDER BY s.sale_count DESC, s.store_id, s.cashier_id
LIMIT %(limit)s;
