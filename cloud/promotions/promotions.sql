-- name: add
INSERT INTO promotion (promotion_id, zone, state, revision, rule, reason, made_by, made_at_ms, authors, changed_at_ms)
VALUES (%(promotion_id)s, %(zone)s, 'draft', 1, %(rule)s, %(reason)s, %(login)s, %(now_ms)s, ARRAY[%(login)s], %(now_ms)s)
ON CONFLICT (promotion_id) DO NOTHING;

-- name: count
SELECT count(*) FROM promotion;

-- name: get
SELECT p.promotion_id, p.zone, p.state, p.revision, p.rule, p.reason, p.made_by, p.made_at_ms, p.authors, p.changed_at_ms,
       p.checked_at_ms, p.asked_by, p.asked_at_ms, p.decided_by, p.decided_at_ms, p.decision_note,
       z.currency, z.minor_digits,
       (SELECT count(*) FROM promotion_finding f WHERE f.promotion_id = p.promotion_id AND f.severity = 'approve')::integer AS approve_count,
       (SELECT count(*) FROM promotion_finding f WHERE f.promotion_id = p.promotion_id AND f.severity = 'error')::integer AS error_count
FROM promotion p JOIN zone z USING (zone)
WHERE p.promotion_id = %(promotion_id)s;

-- name: list
SELECT p.promotion_id, p.zone, p.state, p.revision, p.rule, p.reason, p.made_by, p.made_at_ms, p.authors, p.changed_at_ms,
       p.checked_at_ms, p.asked_by, p.asked_at_ms, p.decided_by, p.decided_at_ms, p.decision_note,
       z.currency, z.minor_digits,
       (SELECT count(*) FROM promotion_finding f WHERE f.promotion_id = p.promotion_id AND f.severity = 'approve')::integer AS approve_count,
       (SELECT count(*) FROM promotion_finding f WHERE f.promotion_id = p.promotion_id AND f.severity = 'error')::integer AS error_count
FROM promotion p JOIN zone z USING (zone)
WHERE (%(zone)s = '' OR p.zone = %(zone)s) AND p.promotion_id > %(after)s
ORDER BY p.promotion_id
LIMIT %(limit)s;

-- name: lock
SELECT 1 FROM promotion WHERE promotion_id = %(promotion_id)s FOR UPDATE;

-- name: change
UPDATE promotion
SET state = 'draft', revision = %(revision)s, rule = %(rule)s, reason = %(reason)s, changed_at_ms = %(now_ms)s,
    authors = CASE WHEN %(fresh)s THEN ARRAY[%(login)s]
                   WHEN %(login)s = ANY (authors) THEN authors ELSE authors || %(login)s END,
    checked_at_ms = NULL, asked_by = '', asked_at_ms = NULL, decided_by = '', decided_at_ms = NULL, decision_note = ''
WHERE promotion_id = %(promotion_id)s;

-- name: remove
DELETE FROM promotion WHERE promotion_id = %(promotion_id)s;

-- name: clear_findings
DELETE FROM promotion_finding WHERE promotion_id = %(promotion_id)s;

-- name: add_finding
INSERT INTO promotion_finding (promotion_id, finding_no, severity, code, detail, params)
VALUES (%(promotion_id)s, %(finding_no)s, %(severity)s, %(code)s, %(detail)s, %(params)s);

-- name: findings
SELECT severity, code, detail, params FROM promotion_finding WHERE promotion_id = %(promotion_id)s ORDER BY finding_no;

-- name: checked
UPDATE promotion SET state = 'checked', checked_at_ms = %(now_ms)s, asked_by = '', asked_at_ms = NULL, decided_by = '',
    decided_at_ms = NULL, decision_note = ''
WHERE promotion_id = %(promotion_id)s;

-- name: ask
UPDATE promotion SET state = 'awaiting_approval', asked_by = %(login)s, asked_at_ms = %(now_ms)s
WHERE promotion_id = %(promotion_id)s;

-- name: decide
UPDATE promotion SET state = %(state)s, decided_by = %(login)s, decided_at_ms = %(now_ms)s, decision_note = %(note)s
WHERE promotion_id = %(promotion_id)s;

-- name: set_state
UPDATE promotion SET state = %(state)s WHERE promotion_id = %(promotion_id)s;

-- name: lock_placements
LOCK TABLE promotion_placement IN SHARE ROW EXCLUSIVE MODE;

-- name: placements
SELECT promotion_id, revision, rule, stores, published_ms, published_by FROM promotion_placement
WHERE zone = %(zone)s
ORDER BY promotion_id, revision;

-- name: clear_placements
DELETE FROM promotion_placement WHERE promotion_id = %(promotion_id)s;

-- name: add_placement
INSERT INTO promotion_placement (promotion_id, revision, zone, rule, stores, published_ms, published_by)
VALUES (%(promotion_id)s, %(revision)s, %(zone)s, %(rule)s, %(stores)s, %(published_ms)s, %(published_by)s);

-- name: placed
-- As people see it: of its stores those within scope.
SELECT p.promotion_id, p.revision, p.rule,
       ARRAY(SELECT s.store_id FROM store s WHERE s.store_id = ANY (p.stores) ORDER BY s.store_id) AS stores,
       cardinality(p.stores) AS store_count, p.published_ms, p.published_by
FROM promotion_placement p
WHERE (%(zone)s = '' OR p.zone = %(zone)s) AND (%(promotion_id)s = '' OR p.promotion_id = %(promotion_id)s)
ORDER BY p.promotion_id, p.revision;

-- name: landing
-- How many stores of a zone (within scope) hold the version of the feed that has it, and which of them refused a promotion.
SELECT count(*)::integer, count(*) FILTER (WHERE a.epoch = f.epoch AND a.version >= %(version)s)::integer
FROM store s
LEFT JOIN feed f ON f.feed_id = 'zone/' || %(zone)s || '/promotion'
LEFT JOIN store_feed a ON a.store_id = s.store_id AND a.feed_id = f.feed_id
WHERE s.zone = %(zone)s AND (%(stores)s::text[] = '{}' OR s.store_id = ANY (%(stores)s));

-- name: was_published
SELECT coalesce(max(revision), 0) FROM promotion_event WHERE promotion_id = %(promotion_id)s;

-- name: add_event
INSERT INTO promotion_event (promotion_id, what, revision, stores, at_ms, person, reason, feed_version)
VALUES (%(promotion_id)s, %(what)s, %(revision)s, %(stores)s, %(now_ms)s, %(login)s, %(reason)s, %(feed_version)s);

-- name: events
SELECT e.what, e.revision, ARRAY(SELECT s.store_id FROM store s WHERE s.store_id = ANY (e.stores) ORDER BY s.store_id) AS stores,
       cardinality(e.stores) AS store_count, e.at_ms, e.person, e.reason, e.feed_version
FROM promotion_event e
WHERE e.promotion_id = %(promotion_id)s
ORDER BY e.event_no DESC
LIMIT %(limit)s;

-- name: unknown_stores
SELECT w.store_id FROM unnest(%(stores)s::text[]) w (store_id) LEFT JOIN store s ON s.store_id = w.store_id AND s.zone = %(zone)s
WHERE s.store_id IS NULL ORDER BY w.store_id;

-- name: zone
SELECT zone, currency, minor_digits, tax_mode, price_law, guard_change_percent, guard_below_cost FROM zone WHERE zone = %(zone)s;

-- name: unknown_items
SELECT w.id FROM unnest(%(ids)s::text[]) w (id) LEFT JOIN item i ON i.item_id = w.id WHERE i.item_id IS NULL ORDER BY w.id LIMIT 20;

-- name: unknown_words
-- Styles, brands and categories no item has.
SELECT 'style' AS what, w.id FROM unnest(%(styles)s::text[]) w (id) WHERE NOT EXISTS (SELECT FROM style WHERE style_id = w.id)
UNION ALL
SELECT 'brand', w.id FROM unnest(%(brands)s::text[]) w (id) WHERE NOT EXISTS (SELECT FROM style WHERE brand = w.id)
UNION ALL
SELECT 'category', w.id FROM unnest(%(categories)s::text[]) w (id)
WHERE NOT EXISTS (SELECT FROM style WHERE category = w.id OR starts_with(category, w.id || '/'))
ORDER BY 1, 2
LIMIT 20;

-- name: goods
-- Goods of a scope with everybody's price in a zone at an instant, those with the least margin first.
SELECT i.item_id, i.style_id, s.category, s.brand, i.name, i.name_zh, i.weighed, p.price_minor, c.cost_minor, t.rate_bp
FROM item i
JOIN style s USING (style_id)
JOIN tax_class t USING (tax_class)
CROSS JOIN LATERAL (
    SELECT price_minor FROM price
    WHERE item_id = i.item_id AND feed_id = 'zone/' || %(zone)s || '/price' AND in_feed AND customer_group = ''
      AND effective_from_ms <= %(at_ms)s AND (effective_to_ms IS NULL OR effective_to_ms > %(at_ms)s)
    ORDER BY priority DESC, revision DESC LIMIT 1
) p
LEFT JOIN item_cost c ON c.item_id = i.item_id AND c.currency = %(currency)s
WHERE i.active
  AND (%(everything)s OR i.item_id = ANY (%(items)s::text[]) OR i.style_id = ANY (%(styles)s::text[])
       OR s.brand = ANY (%(brands)s::text[])
       OR EXISTS (SELECT FROM unnest(%(categories)s::text[]) w (id) WHERE s.category = w.id OR starts_with(s.category, w.id || '/')))
  AND i.item_id <> ALL (%(excluded_items)s::text[])
  AND NOT EXISTS (SELECT FROM unnest(%(excluded_categories)s::text[]) w (id)
                  WHERE s.category = w.id OR starts_with(s.category, w.id || '/'))
ORDER BY c.cost_minor::numeric / p.price_minor DESC NULLS LAST, p.price_minor, i.item_id
LIMIT %(limit)s;

-- name: scope_words
-- What a scope can name besides items.
(SELECT 'brand' AS what, brand AS id, brand AS name, '' AS name_zh FROM style WHERE brand <> '' GROUP BY brand ORDER BY brand LIMIT %(limit)s)
UNION ALL
(SELECT 'category', category, category, '' FROM style WHERE category <> '' GROUP BY category ORDER BY category LIMIT %(limit)s)
UNION ALL
(SELECT 'style', style_id, name, name_zh FROM style ORDER BY name, style_id LIMIT %(limit)s)
UNION ALL
(SELECT 'group', customer_group, customer_group, '' FROM price_book WHERE customer_group <> '' GROUP BY customer_group ORDER BY customer_group LIMIT %(limit)s);
