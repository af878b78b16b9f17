-- name: sales
-- Closed sales of a day in stores of a zone (within scope), in a fixed order, after a place in it.
SELECT s.store_id, s.sale_id, s.closed_at_ms, t.time_zone, s.member_id, s.total_minor, s.tax_mode
FROM visible_sale s
JOIN store t USING (store_id)
WHERE s.business_date = %(day)s AND t.zone = %(zone)s AND NOT s.training AND s.currency = %(currency)s
  AND (%(stores)s::text[] = '{}' OR s.store_id = ANY (%(stores)s))
  AND (s.store_id, s.sale_id) > (%(after_store)s, %(after_sale)s)
ORDER BY s.store_id, s.sale_id
LIMIT %(limit)s;

-- name: count
SELECT count(*)::bigint
FROM visible_sale s
JOIN store t USING (store_id)
WHERE s.business_date = %(day)s AND t.zone = %(zone)s AND NOT s.training AND s.currency = %(currency)s
  AND (%(stores)s::text[] = '{}' OR s.store_id = ANY (%(stores)s));

-- name: lines
SELECT l.store_id, l.sale_id, l.line_no, l.item_id, coalesce(i.style_id, '') AS style_id, coalesce(y.category, '') AS category,
       coalesce(y.brand, '') AS brand, l.quantity, l.grams, l.unit_price_minor, l.list_price_minor, l.net_minor, l.tax_rate_bp,
       l.line_kind, coalesce(l.discounts, '') AS discounts, coalesce(l.overrides, '') AS overrides, c.cost_minor
FROM visible_sale_line l
JOIN unnest(%(stores)s::text[], %(sales)s::text[]) w (store_id, sale_id) ON w.store_id = l.store_id AND w.sale_id = l.sale_id
LEFT JOIN item i ON i.item_id = l.item_id
LEFT JOIN style y ON y.style_id = i.style_id
LEFT JOIN item_cost c ON c.item_id = l.item_id AND c.currency = %(currency)s
ORDER BY l.store_id, l.sale_id, l.line_no;

-- name: days
-- The latest days with sales, to choose from.
SELECT s.business_date::text, count(*)::bigint
FROM visible_sale s JOIN store t USING (store_id)
WHERE t.zone = %(zone)s AND s.business_date >= %(from_date)s AND NOT s.training
GROUP BY s.business_date
ORDER BY s.business_date DESC
LIMIT 31;
