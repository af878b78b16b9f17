-- name: lock_by_key
SELECT account_id, kind, key, tail, member_id, currency, promotion_id, batch_id, blocked, valid_from_ms, owed, opened_at_ms
FROM value_account WHERE kind = %(kind)s AND key = %(key)s FOR UPDATE;

-- name: lock_by_id
SELECT account_id, kind, key, tail, member_id, currency, promotion_id, batch_id, blocked, valid_from_ms, owed, opened_at_ms
FROM value_account WHERE account_id = %(account_id)s FOR UPDATE;

-- name: open_account
INSERT INTO value_account (account_id, kind, key, tail, member_id, currency, promotion_id, batch_id, valid_from_ms, opened_at_ms)
VALUES (%(account_id)s, %(kind)s, %(key)s, %(tail)s, %(member_id)s, %(currency)s, %(promotion_id)s, %(batch_id)s,
        %(valid_from_ms)s, %(now_ms)s)
ON CONFLICT DO NOTHING;

-- name: lots
SELECT lot_id, amount, free, held, expires_ms, origin, at_ms FROM value_lot
WHERE account_id = %(account_id)s AND (free > 0 OR held > 0)
ORDER BY expires_ms NULLS LAST, lot_id;

-- name: add_lot
INSERT INTO value_lot (account_id, amount, free, held, expires_ms, origin, at_ms)
VALUES (%(account_id)s, %(amount)s, %(amount)s, 0, %(expires_ms)s, %(origin)s, %(now_ms)s)
RETURNING lot_id;

-- name: move_lot
UPDATE value_lot SET free = free + %(free_delta)s, held = held + %(held_delta)s WHERE lot_id = %(lot_id)s;

-- name: move_owed
UPDATE value_account SET owed = owed - %(free_delta)s WHERE account_id = %(account_id)s;

-- name: note
INSERT INTO value_movement (account_id, lot_id, what, free_delta, held_delta, reservation_id, store_id, sale_id, reason, at_ms)
VALUES (%(account_id)s, %(lot_id)s, %(what)s, %(free_delta)s, %(held_delta)s, %(reservation_id)s, %(store_id)s, %(sale_id)s,
        %(reason)s, %(now_ms)s);

-- name: by_attempt
SELECT reservation_id, account_id, store_id, attempt_id, sale_id, till_id, amount, state, expires_ms
FROM value_reservation WHERE store_id = %(store_id)s AND attempt_id = %(attempt_id)s;

-- name: by_reservation
SELECT reservation_id, account_id, store_id, attempt_id, sale_id, till_id, amount, state, expires_ms
FROM value_reservation WHERE reservation_id = %(reservation_id)s;

-- name: lapsed
SELECT reservation_id, account_id, store_id, attempt_id, sale_id, till_id, amount, state, expires_ms
FROM value_reservation WHERE account_id = %(account_id)s AND state = 'held' AND expires_ms <= %(now_ms)s
ORDER BY reservation_id;

-- name: held_of
SELECT count(*) FROM value_reservation WHERE account_id = %(account_id)s AND state = 'held';

-- name: add_reservation
INSERT INTO value_reservation (reservation_id, account_id, store_id, attempt_id, sale_id, till_id, amount, state, expires_ms, at_ms)
VALUES (%(reservation_id)s, %(account_id)s, %(store_id)s, %(attempt_id)s, %(sale_id)s, %(till_id)s, %(amount)s, 'held',
        %(expires_ms)s, %(now_ms)s);

-- name: end_reservation
UPDATE value_reservation SET state = %(state)s WHERE reservation_id = %(reservation_id)s;

-- name: held_parts
SELECT lot_id, sum(held_delta)::bigint FROM value_movement
WHERE reservation_id = %(reservation_id)s AND lot_id IS NOT NULL
GROUP BY lot_id HAVING sum(held_delta) > 0 ORDER BY lot_id;

-- name: consumed_parts
-- What a sale took of an account and was not given back yet, by lot; what was taken last comes first.
SELECT m.lot_id, (sum(CASE m.what WHEN 'consume' THEN -m.free_delta - m.held_delta ELSE 0 END)
                  - sum(CASE m.what WHEN 'restore' THEN m.free_delta ELSE 0 END))::bigint AS taken
FROM value_movement m
WHERE m.account_id = %(account_id)s AND m.store_id = %(store_id)s AND m.sale_id = %(sale_id)s AND m.lot_id IS NOT NULL
  AND m.what IN ('consume', 'restore')
GROUP BY m.lot_id
HAVING (sum(CASE m.what WHEN 'consume' THEN -m.free_delta - m.held_delta ELSE 0 END)
        - sum(CASE m.what WHEN 'restore' THEN m.free_delta ELSE 0 END)) > 0
ORDER BY max(CASE m.what WHEN 'consume' THEN m.movement_id END) DESC;

-- name: lapsed_anywhere
SELECT account_id FROM value_reservation WHERE state = 'held' AND expires_ms <= %(now_ms)s ORDER BY expires_ms LIMIT %(limit)s;

-- name: ended_lots
SELECT account_id FROM value_lot WHERE free > 0 AND expires_ms <= %(now_ms)s ORDER BY expires_ms LIMIT %(limit)s;

-- name: tell_member
UPDATE member SET
    points = coalesce((SELECT sum(l.free) FROM value_lot l WHERE l.account_id = %(account_id)s), 0)
             - (SELECT a.owed FROM value_account a WHERE a.account_id = %(account_id)s),
    points_at_ms = %(now_ms)s, feed_due = true
WHERE member_id = %(member_id)s;
