-- name: list_accounts
SELECT a.account_id, a.kind, a.tail, a.member_id, a.currency, a.promotion_id, a.batch_id, a.blocked, a.owed, a.opened_at_ms,
       coalesce(sum(l.free), 0)::bigint AS free, coalesce(sum(l.held), 0)::bigint AS held, min(l.expires_ms) AS expires_ms
FROM value_account a LEFT JOIN value_lot l ON l.account_id = a.account_id AND (l.free > 0 OR l.held > 0)
WHERE a.account_id > %(after)s AND (%(kind)s = '' OR a.kind = %(kind)s) AND (%(tail)s = '' OR a.tail = %(tail)s)
  AND (%(member_id)s = '' OR a.member_id = %(member_id)s) AND (%(account_id)s = '' OR a.account_id = %(account_id)s)
GROUP BY a.account_id ORDER BY a.account_id LIMIT %(limit)s;

-- name: movements
SELECT movement_id, lot_id, what, free_delta, held_delta, store_id, sale_id, reason, at_ms FROM value_movement
WHERE account_id = %(account_id)s ORDER BY movement_id DESC LIMIT %(limit)s;

-- name: wrong
SELECT account_id, lot_id, free, held, free_by_ledger, held_by_ledger FROM value_wrong LIMIT %(limit)s;

-- name: block
UPDATE value_account SET blocked = %(blocked)s WHERE account_id = %(account_id)s;

-- name: add_coupon_lots
INSERT INTO value_lot (account_id, amount, free, held, expires_ms, origin, at_ms)
SELECT id, 1, 1, 0, %(expires_ms)s, %(origin)s, %(now_ms)s FROM unnest(%(account_ids)s::text[]) AS id
RETURNING lot_id, account_id;

-- name: add_coupons
INSERT INTO value_account (account_id, kind, key, tail, member_id, promotion_id, batch_id, valid_from_ms, opened_at_ms)
SELECT c.account_id, 'coupon', c.key, c.tail, nullif(c.member_id, ''), %(promotion_id)s, %(batch_id)s, %(valid_from_ms)s, %(now_ms)s
FROM unnest(%(account_ids)s::text[], %(keys)s::text[], %(tails)s::text[], %(member_ids)s::text[])
     AS c (account_id, key, tail, member_id);

-- name: note_coupons
INSERT INTO value_movement (account_id, lot_id, what, free_delta, reason, at_ms)
SELECT l.account_id, l.lot_id, 'issue', 1, %(reason)s, %(now_ms)s
FROM value_lot l JOIN value_account a ON a.account_id = l.account_id WHERE a.batch_id = %(batch_id)s;

-- name: unknown_members
SELECT id FROM unnest(%(member_ids)s::text[]) AS id
WHERE id <> '' AND NOT EXISTS (SELECT 1 FROM member m WHERE m.member_id = id) LIMIT 5;

-- name: tell_members
UPDATE member SET feed_due = true WHERE member_id = ANY (%(member_ids)s);

-- name: batches
SELECT a.batch_id, min(a.promotion_id) AS promotion_id, min(a.opened_at_ms) AS issued_at_ms, count(*) AS issued,
       count(*) FILTER (WHERE l.held > 0) AS set_aside, count(*) FILTER (WHERE l.free = 0 AND l.held = 0) AS gone,
       max(l.expires_ms) AS valid_to_ms, min(a.valid_from_ms) AS valid_from_ms
FROM value_account a JOIN value_lot l ON l.account_id = a.account_id
WHERE a.kind = 'coupon' AND a.batch_id <> '' GROUP BY a.batch_id ORDER BY min(a.opened_at_ms) DESC, a.batch_id LIMIT %(limit)s;

-- name: clashes
SELECT c.clash_id, c.store_id, s.name AS store_name, c.sale_id, c.value_kind, c.account_id, c.tail, c.member_id, c.currency, c.amount, c.short,
       c.why, c.at_ms, c.settled_at_ms, c.settled_by, c.settled_how
FROM stored_value_clash c JOIN store s ON s.store_id = c.store_id
WHERE (%(before)s = 0 OR c.clash_id < %(before)s) AND (%(settled)s OR c.settled_at_ms IS NULL)
ORDER BY c.clash_id DESC LIMIT %(limit)s;

-- name: settle_clash
UPDATE stored_value_clash SET settled_at_ms = %(now_ms)s, settled_by = %(person)s, settled_how = %(how)s
WHERE store_id = %(store_id)s AND clash_id = %(clash_id)s AND settled_at_ms IS NULL
RETURNING sale_id;

-- name: allowances
SELECT '' AS store_id, value_kind, per_transaction, per_account_day, per_outage FROM value_allowance_default
UNION ALL
SELECT store_id, value_kind, per_transaction, per_account_day, per_outage FROM value_allowance
ORDER BY store_id, value_kind;

-- name: put_default
UPDATE value_allowance_default SET per_transaction = %(per_transaction)s, per_account_day = %(per_account_day)s,
    per_outage = %(per_outage)s
WHERE value_kind = %(value_kind)s;

-- name: put_allowance
INSERT INTO value_allowance (store_id, value_kind, per_transaction, per_account_day, per_outage)
VALUES (%(store_id)s, %(value_kind)s, %(per_transaction)s, %(per_account_day)s, %(per_outage)s)
ON CONFLICT (store_id, value_kind) DO UPDATE SET per_transaction = excluded.per_transaction,
    per_account_day = excluded.per_account_day, per_outage = excluded.per_outage;

-- name: tell_stores
UPDATE member_policy SET due = true;
