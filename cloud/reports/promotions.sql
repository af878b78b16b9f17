-- name: rows
-- Each unit's share of each discount is stored with the line; what was taken off by hand is no promotion.
SELECT d.promotion_id, max(d.name) AS name, s.currency, count(DISTINCT (s.store_id, s.sale_id)) AS sale_count,
       sum(d.units)::bigint AS unit_count, sum(d.saved_minor)::bigint AS saved_minor, sum(l.net_minor)::bigint AS net_minor,
       CASE WHEN sum(d.saved_minor) + sum(l.net_minor) > 0
            THEN (sum(d.saved_minor) * 10000 / (sum(d.saved_minor) + sum(l.net_minor)))::bigint ELSE 0 END AS off_bp
FROM visible_sale s
JOIN visible_sale_line l USING (store_id, sale_id)
CROSS JOIN LATERAL (
    SELECT e ->> 'promotion_id' AS promotion_id, coalesce(e ->> 'name', '') AS name,
           (SELECT count(*) FROM jsonb_array_elements_text(e -> 'shares_minor') u WHERE u::bigint <> 0) AS units,
           (SELECT coalesce(sum(u::bigint), 0) FROM jsonb_array_elements_text(e -> 'shares_minor') u) AS saved_minor
    FROM jsonb_array_elements(CASE WHEN l.discounts IS NULL THEN '[]'::jsonb ELSE l.discounts::jsonb END) e
) d
WHERE s.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR s.store_id = %(store_id)s)
  AND NOT s.training AND d.promotion_id NOT LIKE 'manual:%%'
GROUP BY d.promotion_id, s.currency
ORDER BY saved_minor DESC, d.promotion_id, s.currency
LIMIT %(limit)s;
