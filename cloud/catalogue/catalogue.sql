-- name: put_tax_class
INSERT INTO tax_class (tax_class, name, rate_bp) VALUES (%(tax_class)s, %(name)s, %(rate_bp)s)
ON CONFLICT (tax_class) DO UPDATE SET name = excluded.name, rate_bp = excluded.rate_bp;

-- name: put_style
INSERT INTO style (style_id, name, name_zh, brand, category)
VALUES (%(style_id)s, %(name)s, %(name_zh)s, %(brand)s, %(category)s)
ON CONFLICT (style_id) DO UPDATE
SET name = excluded.name, name_zh = excluded.name_zh, brand = excluded.brand, category = excluded.category;

-- name: put_item
INSERT INTO item (item_id, style_id, name, name_zh, colour, size, tax_class, weighed, tare_grams, active, content_quantity,
                  content_unit, min_age, deposit_item_id, serial_tracked, bag)
VALUES (%(item_id)s, %(style_id)s, %(name)s, %(name_zh)s, %(colour)s, %(size)s, %(tax_class)s, %(weighed)s, %(tare_grams)s,
        %(active)s, %(content_quantity)s, %(content_unit)s, %(min_age)s, %(deposit_item_id)s, %(serial_tracked)s, %(bag)s)
ON CONFLICT (item_id) DO UPDATE
SET style_id = excluded.style_id, name = excluded.name, name_zh = excluded.name_zh, colour = excluded.colour,
    size = excluded.size, tax_class = excluded.tax_class, weighed = excluded.weighed, tare_grams = excluded.tare_grams,
    active = excluded.active, content_quantity = excluded.content_quantity, content_unit = excluded.content_unit,
    min_age = excluded.min_age, deposit_item_id = excluded.deposit_item_id, serial_tracked = excluded.serial_tracked,
    bag = excluded.bag;

-- name: put_barcode
INSERT INTO barcode (gtin, item_id, pack_quantity) VALUES (%(gtin)s, %(item_id)s, %(pack_quantity)s)
ON CONFLICT (gtin) DO UPDATE SET pack_quantity = excluded.pack_quantity WHERE barcode.item_id = excluded.item_id
RETURNING gtin;

-- name: remove_barcode
DELETE FROM barcode WHERE gtin = %(gtin)s RETURNING item_id;

-- name: barcode_owner
SELECT item_id FROM barcode WHERE gtin = %(gtin)s;

-- name: style_exists
SELECT 1 FROM style WHERE style_id = %(style_id)s;

-- name: tax_class_exists
SELECT 1 FROM tax_class WHERE tax_class = %(tax_class)s;

-- name: list_tax_classes
SELECT tax_class, name, rate_bp FROM tax_class ORDER BY tax_class;

-- name: get_item
SELECT item_id, style_id, name, name_zh, colour, size, tax_class, weighed, tare_grams, active, content_quantity, content_unit,
       min_age, deposit_item_id, serial_tracked, bag
FROM item WHERE item_id = %(item_id)s;

-- name: contents_of
SELECT item_id, content_quantity, content_unit FROM item WHERE item_id = ANY (%(item_ids)s);

-- name: set_contents
UPDATE item i SET content_quantity = w.quantity, content_unit = w.unit
FROM unnest(%(item_ids)s::text[], %(quantities)s::integer[], %(units)s::text[]) AS w (item_id, quantity, unit)
WHERE i.item_id = w.item_id
RETURNING i.item_id, i.style_id, i.name, i.name_zh, i.colour, i.size, i.tax_class, i.weighed, i.tare_grams, i.active,
          i.content_quantity, i.content_unit, i.min_age, i.deposit_item_id, i.serial_tracked, i.bag;

-- name: barcodes_of
SELECT gtin, item_id, pack_quantity FROM barcode WHERE item_id = %(item_id)s ORDER BY pack_quantity, gtin;

-- name: search_items
SELECT i.item_id, i.style_id, i.name, i.name_zh, i.colour, i.size, i.tax_class, i.weighed, i.tare_grams, i.active,
       i.content_quantity, i.content_unit, i.min_age, i.deposit_item_id, i.serial_tracked, i.bag
FROM item i
WHERE i.item_id > %(after)s
  AND (%(words)s = '{}'::text[] OR lower(i.name || ' ' || i.name_zh || ' ' || i.item_id) LIKE ALL (%(words)s))
ORDER BY i.item_id
LIMIT %(limit)s;

-- name: item_for_code
SELECT i.item_id, i.style_id, i.name, i.name_zh, i.colour, i.size, i.tax_class, i.weighed, i.tare_grams, i.active,
       i.content_quantity, i.content_unit, i.min_age, i.deposit_item_id, i.serial_tracked, i.bag
FROM barcode b JOIN item i USING (item_id)
WHERE b.gtin = %(gtin)s;

-- name: items_for_codes
SELECT code, i.item_id, i.name, i.name_zh, i.weighed
FROM unnest(%(codes)s::text[], %(gtins)s::text[]) AS asked (code, gtin)
JOIN LATERAL (
    SELECT item_id FROM item WHERE item_id = asked.code
    UNION ALL
    SELECT item_id FROM barcode WHERE gtin = asked.gtin
    LIMIT 1
) found ON true
JOIN item i ON i.item_id = found.item_id;

-- name: count_items
SELECT count(*) FROM item;

-- name: copy_styles
COPY style (style_id, name, name_zh, brand, category) FROM STDIN;

-- name: copy_items
COPY item (item_id, style_id, name, name_zh, colour, size, tax_class, weighed, tare_grams, active, content_quantity,
           content_unit, min_age, deposit_item_id, serial_tracked, bag) FROM STDIN;

-- name: copy_barcodes
COPY barcode (gtin, item_id, pack_quantity) FROM STDIN;

-- name: lock_item
SELECT item_id, style_id, name, name_zh, colour, size, tax_class, weighed, tare_grams, active, content_quantity, content_unit,
       min_age, deposit_item_id, serial_tracked, bag
FROM item WHERE item_id = %(item_id)s FOR UPDATE;

-- name: lock_style
SELECT style_id, name, name_zh, brand, category FROM style WHERE style_id = %(style_id)s FOR UPDATE;

-- name: lock_tax_class
SELECT tax_class, name, rate_bp FROM tax_class WHERE tax_class = %(tax_class)s FOR UPDATE;

-- name: lock_barcode
SELECT gtin, item_id, pack_quantity FROM barcode WHERE gtin = %(gtin)s FOR UPDATE;

-- name: put_recall
INSERT INTO product_recall (recall_id, item_id, batch, reason, from_ms)
VALUES (%(recall_id)s, %(item_id)s, %(batch)s, %(reason)s, %(from_ms)s)
ON CONFLICT (recall_id) DO UPDATE
SET item_id = excluded.item_id, batch = excluded.batch, reason = excluded.reason, from_ms = excluded.from_ms;

-- name: remove_recall
DELETE FROM product_recall WHERE recall_id = %(recall_id)s RETURNING recall_id;

-- name: lock_recall
SELECT recall_id, item_id, batch, reason, from_ms FROM product_recall WHERE recall_id = %(recall_id)s FOR UPDATE;

-- name: list_recalls
SELECT recall_id, item_id, batch, reason, from_ms FROM product_recall
WHERE %(item_id)s::text IS NULL OR item_id = %(item_id)s
ORDER BY from_ms DESC, recall_id LIMIT %(limit)s;

-- name: count_recalls
SELECT count(*) FROM product_recall;

-- name: told_recall
UPDATE product_recall SET feed_version = %(version)s, told_ms = %(now_ms)s WHERE recall_id = %(recall_id)s;

-- name: recall_in_stores
-- By store: when it refused the goods, what it holds of them, what it has sold since.
WITH r AS (SELECT * FROM product_recall WHERE recall_id = %(recall_id)s),
held AS (
    SELECT b.store_id, sum(b.on_hand_thousandths) FILTER (WHERE b.place = 'quarantine') AS quarantine,
           sum(b.on_hand_thousandths) FILTER (WHERE b.place <> 'quarantine') AS on_hand
    FROM visible_stock_on_hand_lot b JOIN r ON r.item_id = b.item_id AND (r.batch = '' OR r.batch = b.batch)
    GROUP BY b.store_id
),
sold AS (
    SELECT l.store_id, sum(l.stock_thousandths) FILTER (WHERE r.batch = '' OR l.batch = r.batch) AS sold,
           sum(l.stock_thousandths) FILTER (WHERE r.batch <> '' AND coalesce(l.batch, '') = '') AS unknown
    FROM r JOIN visible_sale s ON s.closed_at_ms >= r.from_ms
    JOIN visible_sale_line l ON l.store_id = s.store_id AND l.sale_id = s.sale_id AND l.item_id = r.item_id
    GROUP BY l.store_id
)
SELECT s.store_id, s.name, a.at_ms AS applied_ms, hq_online(c.online, c.heard_at_ms, %(now_ms)s) AS online,
       coalesce(h.on_hand, 0)::bigint AS on_hand_thousandths, coalesce(h.quarantine, 0)::bigint AS quarantine_thousandths,
       coalesce(x.sold, 0)::bigint AS sold_thousandths, coalesce(x.unknown, 0)::bigint AS sold_unknown_thousandths
FROM r CROSS JOIN store s
LEFT JOIN store_contact c ON c.store_id = s.store_id
LEFT JOIN LATERAL (SELECT f.at_ms FROM visible_feed_applied f
                   WHERE f.store_id = s.store_id AND f.feed_id = 'global/catalogue' AND f.version >= r.feed_version
                     AND f.at_ms >= r.told_ms - 600000
                   ORDER BY f.version LIMIT 1) a ON true
LEFT JOIN held h ON h.store_id = s.store_id
LEFT JOIN sold x ON x.store_id = s.store_id
WHERE s.store_id > %(after)s
ORDER BY s.store_id
LIMIT %(limit)s;

-- name: recall_known
SELECT 1 FROM product_recall WHERE recall_id = %(recall_id)s;
