-- name: put_zone
INSERT INTO zone (zone, currency, minor_digits, tax_mode, cash_rounding_minor, price_law, cash_rounding_method,
    cash_rounding_scope, code_layouts, bag_item_id)
VALUES (%(zone)s, %(currency)s, %(minor_digits)s, %(tax_mode)s, %(cash_rounding_minor)s, %(price_law)s,
    %(cash_rounding_method)s, %(cash_rounding_scope)s, %(code_layouts)s, %(bag_item_id)s)
ON CONFLICT (zone) DO UPDATE
SET currency = excluded.currency, minor_digits = excluded.minor_digits, tax_mode = excluded.tax_mode,
    cash_rounding_minor = excluded.cash_rounding_minor, price_law = excluded.price_law,
    cash_rounding_method = excluded.cash_rounding_method, cash_rounding_scope = excluded.cash_rounding_scope,
    code_layouts = excluded.code_layouts, bag_item_id = excluded.bag_item_id;

-- name: list_zones
SELECT zone, currency, minor_digits, tax_mode, cash_rounding_minor, price_law, cash_rounding_method, cash_rounding_scope,
    code_layouts, bag_item_id
FROM zone ORDER BY zone;

-- name: present_zone
SELECT zone, currency, minor_digits, tax_mode, cash_rounding_minor, price_law, cash_rounding_method, cash_rounding_scope,
    code_layouts, bag_item_id
FROM zone WHERE zone = %(zone)s FOR UPDATE;

-- name: history
SELECT revision, price_minor, effective_from_ms, effective_to_ms, reason, changed_by, changed_at_ms, withdrawn_at_ms, feed_version,
       book_id, was_minor, recalled
FROM price
WHERE zone = %(zone)s AND item_id = %(item_id)s AND revision < %(before)s
ORDER BY revision DESC
LIMIT %(limit)s;

-- name: prices_of
SELECT z.zone, z.currency, z.minor_digits, p.revision, p.price_minor, p.effective_from_ms, p.effective_to_ms
FROM zone z
LEFT JOIN LATERAL (
    SELECT revision, price_minor, effective_from_ms, effective_to_ms
    FROM price
    WHERE zone = z.zone AND item_id = %(item_id)s AND customer_group = '' AND withdrawn_at_ms IS NULL
      AND effective_from_ms <= %(now_ms)s AND (effective_to_ms IS NULL OR effective_to_ms > %(now_ms)s)
    ORDER BY priority DESC, revision DESC
    LIMIT 1
) p ON true
ORDER BY z.zone;

-- name: scheduled
SELECT zone, revision, price_minor, effective_from_ms, effective_to_ms, reason
FROM price
WHERE item_id = %(item_id)s AND effective_from_ms > %(now_ms)s AND withdrawn_at_ms IS NULL AND zone IS NOT NULL
ORDER BY zone, effective_from_ms, revision;

-- name: list_prices
SELECT i.item_id, i.name, i.name_zh, i.weighed, p.revision, p.price_minor, p.effective_from_ms, p.effective_to_ms
FROM item i
LEFT JOIN LATERAL (
    SELECT revision, price_minor, effective_from_ms, effective_to_ms
    FROM price
    WHERE zone = %(zone)s AND item_id = i.item_id AND customer_group = '' AND withdrawn_at_ms IS NULL
      AND effective_from_ms <= %(now_ms)s AND (effective_to_ms IS NULL OR effective_to_ms > %(now_ms)s)
    ORDER BY priority DESC, revision DESC
    LIMIT 1
) p ON true
WHERE i.item_id > %(after)s
ORDER BY i.item_id
LIMIT %(limit)s;

-- name: book
-- The zone's own book, and what customers pay when another book of the zone stands above it.
SELECT i.item_id, i.name, i.name_zh, i.weighed, i.active,
       (SELECT gtin FROM barcode WHERE item_id = i.item_id AND pack_quantity = 1 ORDER BY length(gtin) DESC, gtin LIMIT 1) AS gtin,
       p.revision, p.price_minor, p.effective_from_ms, p.effective_to_ms, p.changed_by, p.changed_at_ms,
       c.at_ms AS next_at_ms, n.price_minor AS next_price_minor, c.scheduled AS scheduled_count,
       t.price_minor AS paid_minor, t.book_id AS paid_book_id
FROM item i
LEFT JOIN LATERAL (
    SELECT revision, price_minor, effective_from_ms, effective_to_ms, changed_by, changed_at_ms
    FROM price
    WHERE book_id = 'zone.' || %(zone)s AND item_id = i.item_id AND withdrawn_at_ms IS NULL
      AND effective_from_ms <= %(now_ms)s AND (effective_to_ms IS NULL OR effective_to_ms > %(now_ms)s)
    ORDER BY revision DESC
    LIMIT 1
) p ON true
CROSS JOIN LATERAL (
    SELECT least(min(effective_from_ms), p.effective_to_ms) AS at_ms, count(*)::integer AS scheduled
    FROM price
    WHERE book_id = 'zone.' || %(zone)s AND item_id = i.item_id AND withdrawn_at_ms IS NULL AND effective_from_ms > %(now_ms)s
) c
LEFT JOIN LATERAL (
    SELECT price_minor
    FROM price
    WHERE book_id = 'zone.' || %(zone)s AND item_id = i.item_id AND withdrawn_at_ms IS NULL
      AND effective_from_ms <= c.at_ms AND (effective_to_ms IS NULL OR effective_to_ms > c.at_ms)
    ORDER BY revision DESC
    LIMIT 1
) n ON true
LEFT JOIN LATERAL (
    SELECT price_minor, book_id
    FROM price
    WHERE zone = %(zone)s AND item_id = i.item_id AND customer_group = '' AND withdrawn_at_ms IS NULL
      AND effective_from_ms <= %(now_ms)s AND (effective_to_ms IS NULL OR effective_to_ms > %(now_ms)s)
    ORDER BY priority DESC, revision DESC
    LIMIT 1
) t ON true
WHERE i.item_id > %(after)s
  AND (SELECT coalesce(bool_and(i.item_id ILIKE word OR i.name ILIKE word OR i.name_zh ILIKE word), true)
       FROM unnest(%(words)s::text[]) AS word)
  AND (NOT %(changing)s OR c.at_ms IS NOT NULL)
ORDER BY i.item_id
LIMIT %(limit)s;

-- name: future
SELECT p.item_id, i.name, i.name_zh, i.weighed, p.revision, p.price_minor, p.effective_from_ms, p.effective_to_ms, p.reason,
       p.changed_by, p.changed_at_ms, b.price_minor AS before_minor, p.book_id, p.was_minor
FROM price p JOIN item i USING (item_id)
LEFT JOIN LATERAL (
    SELECT price_minor FROM price
    WHERE zone = p.zone AND item_id = p.item_id AND customer_group IN ('', p.customer_group) AND withdrawn_at_ms IS NULL
      AND revision <> p.revision
      AND effective_from_ms < p.effective_from_ms AND (effective_to_ms IS NULL OR effective_to_ms > p.effective_from_ms)
    ORDER BY priority DESC, revision DESC
    LIMIT 1
) b ON true
WHERE p.zone = %(zone)s AND p.withdrawn_at_ms IS NULL AND p.effective_from_ms > %(now_ms)s
  AND (p.effective_from_ms, p.item_id) > (%(after_ms)s, %(after_item)s)
ORDER BY p.effective_from_ms, p.item_id
LIMIT %(limit)s;

-- name: list_changes
SELECT feed_version, count(DISTINCT item_id) AS item_count, min(item_id) AS first_item_id, min(person) AS changed_by,
       min(at_ms) AS changed_at_ms, min(effective_from_ms) AS effective_from_ms,
       bool_and(what = 'recalled') AS recalled
FROM price_event
WHERE feed_id = 'zone/' || %(zone)s || '/price' AND what IN ('published', 'recalled') AND feed_version < %(before)s
GROUP BY feed_version
ORDER BY feed_version DESC
LIMIT %(limit)s;

-- name: published_change
SELECT feed_version, count(DISTINCT item_id) AS item_count, min(item_id) AS first_item_id, min(person) AS changed_by,
       min(at_ms) AS changed_at_ms, min(effective_from_ms) AS effective_from_ms,
       bool_and(what = 'recalled') AS recalled
FROM price_event
WHERE feed_id = 'zone/' || %(zone)s || '/price' AND what IN ('published', 'recalled') AND feed_version = %(version)s
GROUP BY feed_version;

-- name: landing_labels
WITH changed AS MATERIALIZED (
    SELECT item_id, max(revision) AS revision FROM price WHERE zone = %(zone)s AND feed_version = %(version)s GROUP BY item_id
), bound AS MATERIALIZED (
    SELECT b.store_id, b.label_id, b.item_id, c.revision
    FROM (
        SELECT DISTINCT ON (store_id, label_id) store_id, label_id, item_id
        FROM (
            SELECT store_id, label_id, item_id, ingest_rev, at_ms FROM visible_label_bound
            WHERE store_id = ANY (%(store_ids)s)
            UNION ALL
            SELECT store_id, label_id, NULL, ingest_rev, at_ms FROM visible_label_removed
            WHERE store_id = ANY (%(store_ids)s)
        ) told
        ORDER BY store_id, label_id, ingest_rev DESC, at_ms DESC
    ) b
    JOIN changed c USING (item_id)
)
SELECT b.store_id, count(*) AS label_count,
       count(*) FILTER (WHERE (SELECT max(s.price_revision) FROM visible_label_shown s
                               WHERE s.store_id = b.store_id AND s.item_id = b.item_id AND s.label_id = b.label_id)
                              >= b.revision) AS shown_count
FROM bound b
GROUP BY b.store_id;

-- name: landing_counts
SELECT count(*) AS store_count, count(*) FILTER (WHERE a.version >= %(version)s AND a.epoch = f.epoch) AS applied_count,
       count(*) FILTER (WHERE hq_online(c.online, c.heard_at_ms, %(now_ms)s)) AS online_count
FROM store s
LEFT JOIN store_contact c USING (store_id)
LEFT JOIN feed f ON f.feed_id = %(feed_id)s
LEFT JOIN store_feed a ON a.store_id = s.store_id AND a.feed_id = %(feed_id)s
WHERE s.zone = %(zone)s;

-- name: landing_stores
SELECT s.store_id, s.name, hq_online(c.online, c.heard_at_ms, %(now_ms)s) AS online, coalesce(c.heard_at_ms, 0) AS heard_at_ms,
       CASE WHEN a.epoch = f.epoch THEN a.version END AS applied_version, coalesce(a.status, '') AS status
FROM store s
LEFT JOIN store_contact c USING (store_id)
LEFT JOIN feed f ON f.feed_id = %(feed_id)s
LEFT JOIN store_feed a ON a.store_id = s.store_id AND a.feed_id = %(feed_id)s
WHERE s.zone = %(zone)s
ORDER BY coalesce(a.version >= %(version)s AND a.epoch = f.epoch, false), s.store_id
LIMIT %(limit)s;
