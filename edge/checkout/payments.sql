-- name: put
INSERT INTO payment_attempt (attempt_id, sale_id, turn, till_id, method, amount_minor, terminal_id, reverses_id, code_key,
    code_tail, member_id, state, asked_at_ms)
VALUES (?1, ?2, (SELECT count(*) + 1 FROM payment_attempt WHERE sale_id = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)

-- name: end
UPDATE payment_attempt SET state = ?, ended_at_ms = ?, approved_minor = ?, units = ?, reference = ?, card_tail = ?, why = ?,
    slip = ?, closed = ?
WHERE attempt_id = ?

-- name: reverse
UPDATE payment_attempt SET state = 'reversed', closed = 1 WHERE attempt_id = ?

-- name: of_sale
SELECT attempt_id, sale_id, till_id, method, amount_minor, terminal_id, reverses_id, code_key, code_tail, member_id, state,
    asked_at_ms, approved_minor, units, reference, card_tail, why
FROM payment_attempt WHERE sale_id = ? ORDER BY turn

-- name: attempt
SELECT attempt_id, sale_id, till_id, method, amount_minor, terminal_id, reverses_id, code_key, code_tail, member_id, state,
    asked_at_ms, approved_minor, units, reference, card_tail, why
FROM payment_attempt WHERE attempt_id = ?

-- name: in_doubt
SELECT attempt_id, sale_id, till_id, method, amount_minor, terminal_id, reverses_id, code_key, code_tail, member_id, state,
    asked_at_ms, approved_minor, units, reference, card_tail, why
FROM payment_attempt WHERE closed = 0 AND state IN ('asking', 'unknown') ORDER BY asked_at_ms, attempt_id

-- name: open_sale
SELECT sale_id FROM payment_attempt WHERE till_id = ? AND closed = 0 ORDER BY asked_at_ms, attempt_id LIMIT 1

-- name: doubt_all
UPDATE payment_attempt SET state = 'unknown' WHERE till_id = ? AND closed = 0 AND state = 'asking'

-- name: doubt
UPDATE payment_attempt SET state = 'unknown', why = ? WHERE attempt_id = ? AND state IN ('asking', 'unknown')

-- name: close_sale
UPDATE payment_attempt SET closed = 1 WHERE sale_id = ?

-- name: put_basket
INSERT INTO payment_basket (till_id, sale_id, body) VALUES (?, ?, ?)
ON CONFLICT (till_id) DO UPDATE SET sale_id = excluded.sale_id, body = excluded.body

-- name: basket
SELECT body FROM payment_basket WHERE till_id = ? AND sale_id = ?

-- name: drop_basket
DELETE FROM payment_basket WHERE till_id = ?

-- name: given_back
SELECT coalesce(-sum(approved_minor), 0) FROM payment_attempt WHERE reverses_id = ? AND state = 'approved'

-- name: slips
SELECT slip FROM payment_attempt WHERE sale_id = ? AND slip <> '' AND state = 'approved' ORDER BY turn

-- name: prune
DELETE FROM payment_attempt WHERE closed = 1 AND asked_at_ms < ?
