-- name: labels
-- Every price in force on an electronic label, several on one that carries several items.
WITH carried AS (
  SELECT label_id, item_id FROM label WHERE removed = 0 AND item_id IS NOT NULL
  UNION ALL
  SELECT label_id, more.value FROM label, json_each(label.more_items) more WHERE removed = 0
)
SELECT * FROM (
  SELECT item.item_id, label.label_id, coalesce(style.category, ''), coalesce(label_place.aisle, ''),
      coalesce(label_place.shelf, 0), coalesce(label_place.slot, 0),
      (SELECT price_kind FROM price
       WHERE price.item_id = item.item_id AND effective_from_ms <= ?1 AND (effective_to_ms IS NULL OR effective_to_ms > ?1)
         AND customer_group = ''
       ORDER BY priority DESC, revision DESC LIMIT 1) AS kind
  FROM carried label JOIN item USING (item_id) LEFT JOIN style USING (style_id) LEFT JOIN label_place USING (label_id)
  WHERE item.active = 1
) WHERE kind IS NOT NULL

-- name: items
-- Every item with a price in force, once for each of its labels, once if it has none.
WITH carried AS (
  SELECT label_id, item_id FROM label WHERE removed = 0 AND item_id IS NOT NULL
  UNION ALL
  SELECT label_id, more.value FROM label, json_each(label.more_items) more WHERE removed = 0
)
SELECT * FROM (
  SELECT item.item_id, coalesce(label.label_id, ''), coalesce(style.category, ''), coalesce(label_place.aisle, ''),
      coalesce(label_place.shelf, 0), coalesce(label_place.slot, 0),
      (SELECT price_kind FROM price
       WHERE price.item_id = item.item_id AND effective_from_ms <= ?1 AND (effective_to_ms IS NULL OR effective_to_ms > ?1)
         AND customer_group = ''
       ORDER BY priority DESC, revision DESC LIMIT 1) AS kind
  FROM item LEFT JOIN carried label ON label.item_id = item.item_id
      LEFT JOIN style USING (style_id) LEFT JOIN label_place USING (label_id)
  WHERE item.active = 1
) WHERE kind IS NOT NULL

-- name: items_of_label
SELECT item_id FROM (
  SELECT item_id, -1 AS place FROM label WHERE label_id = ?1 AND removed = 0 AND item_id IS NOT NULL
  UNION ALL
  SELECT more.value, more.key FROM label, json_each(label.more_items) more WHERE label_id = ?1 AND removed = 0
) ORDER BY place

-- name: known_label
SELECT 1 FROM label WHERE label_id = ?

-- name: position_of
SELECT aisle, shelf, slot FROM label_place WHERE label_id = ?

-- name: category_of
SELECT style.category FROM item JOIN style USING (style_id) WHERE item.item_id = ?

-- name: put
INSERT INTO audit (audit_id, how, scope, seed, population, currency, opened_by, opened_at_ms, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')

-- name: get
SELECT audit_id, how, scope, seed, population, currency, opened_by, opened_at_ms, state, ended_by, ended_at_ms
FROM audit WHERE audit_id = ?

-- name: newest
SELECT audit_id, how, scope, seed, population, currency, opened_by, opened_at_ms, state, ended_by, ended_at_ms
FROM audit WHERE state <> 'discarded' ORDER BY state <> 'open', opened_at_ms DESC, audit_id LIMIT ?

-- name: open_ones
SELECT audit_id FROM audit WHERE state = 'open'

-- name: end
UPDATE audit SET state = ?2, ended_by = ?3, ended_at_ms = ?4 WHERE audit_id = ?1

-- name: lines
SELECT line_no, item_id, label_id, stratum, aisle, shelf, slot, sampled, promotion, finding, seen_minor, till_minor,
    price_revision, at_ms, check_id
FROM audit_line WHERE audit_id = ? ORDER BY line_no

-- name: put_line
INSERT INTO audit_line (audit_id, line_no, item_id, label_id, stratum, aisle, shelf, slot, sampled, promotion, finding,
    seen_minor, till_minor, price_revision, at_ms, check_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (audit_id, line_no) DO UPDATE SET finding = excluded.finding, seen_minor = excluded.seen_minor,
    till_minor = excluded.till_minor, price_revision = excluded.price_revision, at_ms = excluded.at_ms,
    check_id = excluded.check_id

-- name: prune
DELETE FROM audit WHERE ended_at_ms < ?
