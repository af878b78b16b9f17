-- name: effect_by_store
-- What a day's sale lines of some items came to in each store, and what they would have come to at other prices. A line keeps
-- the share of its discounts.
WITH wanted AS (
    SELECT * FROM unnest(%(item_ids)s::text[], %(prices)s::bigint[]) AS w (item_id, price_minor)
)
SELECT s.store_id, t.name, count(DISTINCT s.sale_id) AS basket_count, count(*) AS line_count,
       sum(l.net_minor)::bigint AS before_minor,
       sum(hq_repriced_minor(l.net_minor, l.unit_price_minor, w.price_minor))::bigint AS after_minor
FROM visible_sale s
JOIN visible_sale_line l USING (store_id, sale_id)
JOIN wanted w ON w.item_id = l.item_id
JOIN store t ON t.store_id = s.store_id
WHERE s.business_date = %(day)s
  AND s.store_id = ANY (ARRAY(SELECT store_id FROM store
                              WHERE zone = %(zone)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)))
  AND (NOT %(members)s OR s.member_id IS NOT NULL)
GROUP BY s.store_id, t.name
ORDER BY s.store_id;

-- name: effect_by_item
WITH wanted AS (
    SELECT * FROM unnest(%(item_ids)s::text[], %(prices)s::bigint[]) AS w (item_id, price_minor)
)
SELECT l.item_id, i.name, i.name_zh, count(*) AS line_count, sum(l.net_minor)::bigint AS before_minor,
       sum(hq_repriced_minor(l.net_minor, l.unit_price_minor, w.price_minor))::bigint AS after_minor
FROM visible_sale s
JOIN visible_sale_line l USING (store_id, sale_id)
JOIN wanted w ON w.item_id = l.item_id
JOIN item i ON i.item_id = l.item_id
WHERE s.business_date = %(day)s
  AND s.store_id = ANY (ARRAY(SELECT store_id FROM store
                              WHERE zone = %(zone)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)))
  AND (NOT %(members)s OR s.member_id IS NOT NULL)
GROUP BY l.item_id, i.name, i.name_zh
ORDER BY abs(sum(hq_repriced_minor(l.net_minor, l.unit_price_minor, w.price_minor)) - sum(l.net_minor)) DESC, l.item_id
LIMIT %(limit)s;
