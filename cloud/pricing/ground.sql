-- name: rules
-- Of a zone, or of the zone of a store.
SELECT z.zone, z.currency, z.minor_digits, z.tax_mode, z.price_law, z.guard_change_percent, z.guard_below_cost
FROM zone z
WHERE z.zone = coalesce(%(zone)s, (SELECT zone FROM store WHERE store_id = %(store_id)s));

-- name: set_guard
UPDATE zone SET guard_change_percent = %(change_percent)s, guard_below_cost = %(below_cost)s WHERE zone = %(zone)s;

-- name: events
-- The log of items as far as it speaks of a zone (with every store in it) or of one store (with its zone).
SELECT item_id, feed_id, at_ms, what, book_id, revision, price_minor, effective_from_ms, effective_to_ms, priority,
       customer_group, price_kind, was_minor
FROM price_event
WHERE item_id = ANY (%(item_ids)s) AND what <> 'approved'
  AND (feed_id = 'zone/' || %(zone)s || '/price'
       OR feed_id = ANY (ARRAY(SELECT 'store/' || store_id || '/price' FROM store
                               WHERE zone = %(zone)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s))))
ORDER BY event_id;

-- name: lowest_paid
-- The lowest price really paid for each item in the stores since an instant: charged, or what was left of it after discounts.
SELECT l.item_id, min(hq_paid_minor(l.unit_price_minor, l.net_minor, l.quantity, l.grams, l.discounts))
FROM visible_sale s
JOIN visible_sale_line l USING (store_id, sale_id)
WHERE s.store_id = ANY (ARRAY(SELECT store_id FROM store
                              WHERE zone = %(zone)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)))
  AND s.closed_at_ms >= %(since_ms)s AND l.item_id = ANY (%(item_ids)s) AND l.quantity > 0 AND l.net_minor > 0
GROUP BY l.item_id;

-- name: last_paid
-- What was paid last in each store, of that the lowest; back to an instant.
SELECT item_id, min(paid_minor)
FROM (
    SELECT DISTINCT ON (l.store_id, l.item_id)
           l.item_id, hq_paid_minor(l.unit_price_minor, l.net_minor, l.quantity, l.grams, l.discounts) AS paid_minor
    FROM visible_sale s
    JOIN visible_sale_line l USING (store_id, sale_id)
    WHERE s.store_id = ANY (ARRAY(SELECT store_id FROM store
                                  WHERE zone = %(zone)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)))
      AND s.closed_at_ms >= %(since_ms)s AND l.item_id = ANY (%(item_ids)s) AND l.quantity > 0 AND l.net_minor > 0
    ORDER BY l.store_id, l.item_id, s.closed_at_ms DESC
) last
GROUP BY item_id;

-- name: costs
SELECT i.item_id, c.cost_minor, t.rate_bp
FROM item_cost c JOIN item i USING (item_id) JOIN tax_class t USING (tax_class)
WHERE c.item_id = ANY (%(item_ids)s) AND c.currency = %(currency)s;

-- name: put_costs
INSERT INTO item_cost (item_id, currency, cost_minor, changed_by, changed_at_ms)
SELECT item_id, currency, cost_minor, %(person)s, %(now_ms)s
FROM unnest(%(item_ids)s::text[], %(currencies)s::text[], %(costs)s::bigint[]) AS rows (item_id, currency, cost_minor)
ON CONFLICT (item_id, currency) DO UPDATE
SET cost_minor = excluded.cost_minor, changed_by = excluded.changed_by, changed_at_ms = excluded.changed_at_ms
WHERE item_cost.cost_minor <> excluded.cost_minor;

-- name: costs_of_item
SELECT item_id, currency, cost_minor, changed_by, changed_at_ms FROM item_cost WHERE item_id = %(item_id)s ORDER BY currency;

-- name: costs_among
SELECT item_id, currency, cost_minor FROM item_cost WHERE item_id = ANY (%(item_ids)s);
