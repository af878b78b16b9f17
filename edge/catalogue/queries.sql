-- name: find_item_by_code
SELECT item.item_id, item.name, item.name_zh, item.tax_class, item.weighed, item.tare_grams, item.active, barcode.pack_quantity,
    coalesce(tax_class.rate_bp, -1), item.content_quantity, item.content_unit, item.style_id, coalesce(style.category, ''),
    coalesce(style.brand, ''), item.colour, item.size, item.min_age, item.deposit_item_id, item.serial_tracked, item.bag, item.batch_tracked,
    item.tagged
FROM barcode JOIN item USING (item_id) LEFT JOIN tax_class USING (tax_class) LEFT JOIN style USING (style_id)
WHERE barcode.gtin = ?

-- name: find_item
SELECT item.item_id, item.name, item.name_zh, item.tax_class, item.weighed, item.tare_grams, item.active, 1,
    coalesce(tax_class.rate_bp, -1), item.content_quantity, item.content_unit, item.style_id, coalesce(style.category, ''),
    coalesce(style.brand, ''), item.colour, item.size, item.min_age, item.deposit_item_id, item.serial_tracked, item.bag, item.batch_tracked,
    item.tagged
FROM item LEFT JOIN tax_class USING (tax_class) LEFT JOIN style USING (style_id)
WHERE item.item_id = ?

-- name: items_of_style
SELECT item.item_id, item.name, item.name_zh, item.tax_class, item.weighed, item.tare_grams, item.active, 1,
    coalesce(tax_class.rate_bp, -1), item.content_quantity, item.content_unit, item.style_id, coalesce(style.category, ''),
    coalesce(style.brand, ''), item.colour, item.size, item.min_age, item.deposit_item_id, item.serial_tracked, item.bag, item.batch_tracked,
    item.tagged
FROM item LEFT JOIN tax_class USING (tax_class) LEFT JOIN style USING (style_id)
WHERE item.style_id = ?1 AND item.active = 1
ORDER BY item.colour, item.size, item.item_id LIMIT ?2

-- name: recall_of
SELECT recall_id, reason FROM recall
WHERE item_id = ?1 AND from_ms <= ?3 AND (batch = '' OR batch = ?2) ORDER BY from_ms DESC, recall_id LIMIT 1

-- name: tax_rate
SELECT rate_bp FROM tax_class WHERE tax_class = ?

-- name: price_in_force
SELECT revision, price_minor, price_kind, was_minor, effective_to_ms, customer_group FROM price
WHERE item_id = ?1 AND effective_from_ms <= ?2 AND (effective_to_ms IS NULL OR effective_to_ms > ?2) AND customer_group = ''
ORDER BY priority DESC, revision DESC LIMIT 1

-- name: group_price_in_force
SELECT revision, price_minor, price_kind, was_minor, effective_to_ms, customer_group FROM price
WHERE item_id = ?1 AND effective_from_ms <= ?2 AND (effective_to_ms IS NULL OR effective_to_ms > ?2) AND customer_group = ?3
ORDER BY priority DESC, revision DESC LIMIT 1

-- name: items_flipping
SELECT DISTINCT item_id FROM price
WHERE (effective_from_ms > ?1 AND effective_from_ms <= ?2) OR (effective_to_ms > ?1 AND effective_to_ms <= ?2)

-- name: codes_of_item
SELECT gtin, pack_quantity FROM barcode WHERE item_id = ? ORDER BY pack_quantity, length(gtin) DESC, gtin

-- name: search_items
SELECT item_id, name, name_zh, weighed FROM item WHERE active = 1 AND (name LIKE ?1 OR name_zh LIKE ?1 OR item_id = ?2)
ORDER BY name LIMIT ?3

-- name: zone
SELECT zone, currency, minor_digits, tax_mode, cash_rounding_minor, price_law, cash_rounding_method, cash_rounding_scope,
    code_layouts, bag_item_id
FROM zone

-- name: setup
SELECT body FROM store_setup

-- name: trusted_ms
SELECT trusted_ms FROM price_clock

-- name: set_trusted_ms
INSERT INTO price_clock (one, trusted_ms) VALUES (1, ?)
ON CONFLICT (one) DO UPDATE SET trusted_ms = max(trusted_ms, excluded.trusted_ms)

-- name: counts
SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM barcode), (SELECT count(*) FROM price)

-- name: row_body
SELECT body FROM feed_row WHERE feed_id = ? AND key = ?

-- name: rows_of_feed
SELECT key, body FROM feed_row WHERE feed_id = ?

-- name: put_row
INSERT INTO feed_row (feed_id, key, body) VALUES (?, ?, ?)
ON CONFLICT (feed_id, key) DO UPDATE SET body = excluded.body

-- name: delete_row
DELETE FROM feed_row WHERE feed_id = ? AND key = ?

-- name: clear_feed
DELETE FROM feed_row WHERE feed_id = ?

-- name: tax_classes
SELECT tax_class, name, rate_bp FROM tax_class ORDER BY rate_bp, tax_class

-- name: put_tax_class
INSERT INTO tax_class (tax_class, name, rate_bp) VALUES (?, ?, ?)
ON CONFLICT (tax_class) DO UPDATE SET name = excluded.name, rate_bp = excluded.rate_bp

-- name: put_style
INSERT INTO style (style_id, name, name_zh, brand, category) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (style_id) DO UPDATE SET name = excluded.name, name_zh = excluded.name_zh, brand = excluded.brand,
    category = excluded.category

-- name: put_item
INSERT INTO item (item_id, style_id, name, name_zh, tax_class, weighed, tare_grams, active, content_quantity, content_unit,
    colour, size, min_age, deposit_item_id, serial_tracked, bag, batch_tracked, tagged)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (item_id) DO UPDATE SET style_id = excluded.style_id, name = excluded.name, name_zh = excluded.name_zh,
    tax_class = excluded.tax_class, weighed = excluded.weighed, tare_grams = excluded.tare_grams, active = excluded.active,
    content_quantity = excluded.content_quantity, content_unit = excluded.content_unit, colour = excluded.colour,
    size = excluded.size, min_age = excluded.min_age, deposit_item_id = excluded.deposit_item_id,
    serial_tracked = excluded.serial_tracked, bag = excluded.bag, batch_tracked = excluded.batch_tracked,
    tagged = excluded.tagged

-- name: put_barcode
INSERT INTO barcode (gtin, item_id, pack_quantity) VALUES (?, ?, ?)
ON CONFLICT (gtin) DO UPDATE SET item_id = excluded.item_id, pack_quantity = excluded.pack_quantity

-- name: put_zone
INSERT INTO zone (one, zone, currency, minor_digits, tax_mode, cash_rounding_minor, price_law, cash_rounding_method,
    cash_rounding_scope, code_layouts, bag_item_id)
VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (one) DO UPDATE SET zone = excluded.zone, currency = excluded.currency, minor_digits = excluded.minor_digits,
    tax_mode = excluded.tax_mode, cash_rounding_minor = excluded.cash_rounding_minor, price_law = excluded.price_law,
    cash_rounding_method = excluded.cash_rounding_method, cash_rounding_scope = excluded.cash_rounding_scope,
    code_layouts = excluded.code_layouts, bag_item_id = excluded.bag_item_id

-- name: put_price
INSERT INTO price (item_id, revision, price_minor, effective_from_ms, effective_to_ms, book_id, priority, customer_group,
    price_kind, was_minor)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (item_id, revision) DO UPDATE SET price_minor = excluded.price_minor,
    effective_from_ms = excluded.effective_from_ms, effective_to_ms = excluded.effective_to_ms, book_id = excluded.book_id,
    priority = excluded.priority, customer_group = excluded.customer_group, price_kind = excluded.price_kind,
    was_minor = excluded.was_minor

-- name: put_setup
INSERT INTO store_setup (one, body) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET body = excluded.body

-- name: put_opening
INSERT INTO opening_stock (import_id, line_no, item_id, place, quantity_thousandths) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (import_id, line_no) DO NOTHING

-- name: put_staff
INSERT INTO staff (staff_id, name, pin_hash, rights, language, active, limits) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (staff_id) DO UPDATE SET name = excluded.name, pin_hash = excluded.pin_hash, rights = excluded.rights,
    language = excluded.language, active = excluded.active, limits = excluded.limits

-- name: put_recall
INSERT INTO recall (recall_id, item_id, batch, reason, from_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (recall_id) DO UPDATE SET item_id = excluded.item_id, batch = excluded.batch, reason = excluded.reason,
    from_ms = excluded.from_ms

-- name: put_order
INSERT INTO pickup_order (order_id, body) VALUES (?, ?) ON CONFLICT (order_id) DO UPDATE SET body = excluded.body

-- name: delete_order
DELETE FROM pickup_order WHERE order_id = ?

-- name: delete_recall
DELETE FROM recall WHERE recall_id = ?

-- name: delete_tax_class
DELETE FROM tax_class WHERE tax_class = ?

-- name: delete_style
DELETE FROM style WHERE style_id = ?

-- name: delete_item
DELETE FROM item WHERE item_id = ?

-- name: delete_barcode
DELETE FROM barcode WHERE gtin = ?

-- name: delete_zone
DELETE FROM zone

-- name: delete_price
DELETE FROM price WHERE item_id = ? AND revision = ?

-- name: delete_setup
DELETE FROM store_setup

-- name: delete_staff
DELETE FROM staff WHERE staff_id = ?

-- name: delete_opening
DELETE FROM opening_stock WHERE import_id = ? AND line_no = ? AND answer IS NULL
