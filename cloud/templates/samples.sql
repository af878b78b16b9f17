-- name: characters
SELECT DISTINCT c FROM (SELECT regexp_split_to_table(name || name_zh, '') AS c FROM item WHERE active) letters WHERE c <> '';

-- name: hard_goods
WITH hard AS (
    (SELECT item_id FROM item WHERE active ORDER BY length(name) DESC, item_id LIMIT %(each)s)
    UNION
    (SELECT item_id FROM item WHERE active ORDER BY octet_length(name_zh) DESC, item_id LIMIT %(each)s)
    UNION
    (SELECT item_id FROM item WHERE active AND weighed ORDER BY length(name) DESC, item_id LIMIT %(each)s)
    UNION
    (SELECT item_id FROM item WHERE active AND (name || name_zh) LIKE ANY
        (SELECT '%%' || c || '%%' FROM unnest(%(missing)s::text[]) c) ORDER BY item_id LIMIT %(each)s)
    UNION
    SELECT item_id FROM (
        SELECT DISTINCT ON (zone) zone, item_id FROM price WHERE zone IS NOT NULL AND withdrawn_at_ms IS NULL
        ORDER BY zone, price_minor DESC, item_id
    ) dearest
)
SELECT i.item_id, i.name, i.name_zh, i.weighed, coalesce(b.gtin, '') AS code, z.zone, z.currency, z.minor_digits, p.price_minor,
       i.content_quantity, i.content_unit
FROM hard
JOIN item i USING (item_id)
CROSS JOIN LATERAL (
    SELECT zone, price_minor FROM price
    WHERE item_id = i.item_id AND zone IS NOT NULL AND withdrawn_at_ms IS NULL
    ORDER BY price_minor DESC, zone LIMIT 1
) p
JOIN zone z ON z.zone = p.zone
LEFT JOIN LATERAL (
    SELECT gtin FROM barcode WHERE item_id = i.item_id AND pack_quantity = 1 ORDER BY length(gtin) DESC, gtin LIMIT 1
) b ON true
ORDER BY i.item_id;

-- name: goods_from
SELECT i.item_id, i.name, i.name_zh, i.weighed, coalesce(b.gtin, '') AS code, z.zone, z.currency, z.minor_digits, p.price_minor,
       i.content_quantity, i.content_unit
FROM item i
CROSS JOIN LATERAL (
    SELECT zone, price_minor FROM price
    WHERE item_id = i.item_id AND zone IS NOT NULL AND withdrawn_at_ms IS NULL AND (%(zone)s = '' OR zone = %(zone)s)
    ORDER BY zone, revision DESC LIMIT 1
) p
JOIN zone z ON z.zone = p.zone
LEFT JOIN LATERAL (
    SELECT gtin FROM barcode WHERE item_id = i.item_id AND pack_quantity = 1 ORDER BY length(gtin) DESC, gtin LIMIT 1
) b ON true
WHERE i.active AND i.item_id >= %(item_id)s
ORDER BY i.item_id
LIMIT %(limit)s;
