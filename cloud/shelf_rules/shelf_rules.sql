-- name: all_rules
SELECT level, level_id, rules, changed_by, changed_ms FROM stock_rules
WHERE level <> 'store' OR level_id IN (SELECT store_id FROM store)
ORDER BY level, level_id LIMIT 1000;

-- name: rules_for_store
SELECT r.level, r.level_id, r.rules, r.changed_by, r.changed_ms FROM store s
JOIN stock_rules r ON (r.level = 'store' AND r.level_id = s.store_id) OR (r.level = 'region' AND r.level_id = s.region_id)
    OR r.level = 'chain'
WHERE s.store_id = %(store_id)s;

-- name: lock_rules
SELECT rules FROM stock_rules WHERE level = %(level)s AND level_id = %(level_id)s FOR UPDATE;

-- name: put_rules
INSERT INTO stock_rules (level, level_id, rules, changed_by, changed_ms)
VALUES (%(level)s, %(level_id)s, %(rules)s, %(person)s, %(now_ms)s)
ON CONFLICT (level, level_id) DO UPDATE
SET rules = excluded.rules, changed_by = excluded.changed_by, changed_ms = excluded.changed_ms;

-- name: remove_rules
DELETE FROM stock_rules WHERE level = %(level)s AND level_id = %(level_id)s RETURNING level;

-- name: minima
SELECT m.level, m.level_id, m.item_id, coalesce(i.name, '') AS name, m.minimum_thousandths, m.changed_by, m.changed_ms
FROM stock_minimum m LEFT JOIN item i USING (item_id)
WHERE (%(level)s::text IS NULL OR (m.level = %(level)s AND m.level_id = %(level_id)s))
  AND (%(item_id)s::text IS NULL OR m.item_id = %(item_id)s)
  AND (m.level <> 'store' OR m.level_id IN (SELECT store_id FROM store))
  AND (m.item_id, m.level, m.level_id) > (%(after_item)s, %(after_level)s, %(after_id)s)
ORDER BY m.item_id, m.level, m.level_id
LIMIT %(limit)s;

-- name: minima_for_store
SELECT m.level, m.item_id, m.minimum_thousandths FROM store s
JOIN stock_minimum m ON (m.level = 'store' AND m.level_id = s.store_id) OR (m.level = 'region' AND m.level_id = s.region_id)
    OR m.level = 'chain'
WHERE s.store_id = %(store_id)s;

-- name: put_minimum
INSERT INTO stock_minimum (level, level_id, item_id, minimum_thousandths, changed_by, changed_ms)
VALUES (%(level)s, %(level_id)s, %(item_id)s, %(minimum)s, %(person)s, %(now_ms)s)
ON CONFLICT (level, level_id, item_id) DO UPDATE
SET minimum_thousandths = excluded.minimum_thousandths, changed_by = excluded.changed_by, changed_ms = excluded.changed_ms;

-- name: remove_minimum
DELETE FROM stock_minimum WHERE level = %(level)s AND level_id = %(level_id)s AND item_id = %(item_id)s
RETURNING minimum_thousandths;

-- name: count_minima
SELECT count(*) FROM stock_minimum WHERE level = %(level)s AND level_id = %(level_id)s;

-- name: plans
SELECT store_id, device_id, antenna, name, item_ids, minimum_pieces FROM shelf_plan
WHERE store_id = %(store_id)s ORDER BY device_id, antenna LIMIT 2000;

-- name: put_plan
INSERT INTO shelf_plan (store_id, device_id, antenna, name, item_ids, minimum_pieces, changed_by, changed_ms)
VALUES (%(store_id)s, %(device_id)s, %(antenna)s, %(name)s, %(item_ids)s, %(minimum)s, %(person)s, %(now_ms)s)
ON CONFLICT (store_id, device_id, antenna) DO UPDATE
SET name = excluded.name, item_ids = excluded.item_ids, minimum_pieces = excluded.minimum_pieces,
    changed_by = excluded.changed_by, changed_ms = excluded.changed_ms;

-- name: remove_plan
DELETE FROM shelf_plan WHERE store_id = %(store_id)s AND device_id = %(device_id)s AND antenna = %(antenna)s RETURNING name;

-- name: known_items
SELECT item_id FROM item WHERE item_id = ANY (%(item_ids)s);

-- name: known_level
SELECT 1 FROM store WHERE %(level)s = 'store' AND store_id = %(level_id)s
UNION ALL SELECT 1 FROM region WHERE %(level)s = 'region' AND region_id = %(level_id)s
UNION ALL SELECT 1 WHERE %(level)s = 'chain';

-- name: mark_due
INSERT INTO stock_rules_due (store_id)
SELECT store_id FROM store
WHERE %(level)s = 'chain' OR (%(level)s = 'region' AND region_id = %(level_id)s) OR (%(level)s = 'store' AND store_id = %(level_id)s)
ORDER BY store_id
ON CONFLICT DO NOTHING;

-- name: take_due
DELETE FROM stock_rules_due WHERE store_id IN (
    SELECT store_id FROM stock_rules_due ORDER BY store_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING store_id;

-- name: told
SELECT key, body FROM feed_row
WHERE feed_id = %(feed_id)s
  AND (key = 'stock_rules' OR starts_with(key, 'minimum/') OR starts_with(key, 'shelf_plan/'));
