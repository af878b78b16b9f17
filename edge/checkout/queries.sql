-- name: till
SELECT cashier_id, shift_id, last_sale_id FROM till WHERE till_id = ?

-- name: create_till
INSERT OR IGNORE INTO till (till_id) VALUES (?)

-- name: set_cashier
UPDATE till SET cashier_id = ? WHERE till_id = ?

-- name: set_shift
UPDATE till SET shift_id = ? WHERE till_id = ?

-- name: set_last_sale
UPDATE till SET last_sale_id = ? WHERE till_id = ?

-- name: shift
SELECT shift_id, cashier_id, float_minor, sale_count, cash_minor FROM shift WHERE shift_id = ?

-- name: open_shift
INSERT INTO shift (shift_id, till_id, cashier_id, opened_at_ms, float_minor, sale_count, cash_minor)
VALUES (?, ?, ?, ?, ?, 0, 0)

-- name: count_sale
UPDATE shift SET sale_count = sale_count + 1, cash_minor = cash_minor + ? WHERE shift_id = ?

-- name: close_shift
UPDATE shift SET closed_at_ms = ?, counted_minor = ? WHERE shift_id = ?

-- name: next_receipt_number
INSERT INTO receipt_counter (till_id, incarnation, last_number) VALUES (?, ?, 1)
ON CONFLICT (till_id, incarnation) DO UPDATE SET last_number = last_number + 1
RETURNING last_number

-- name: put_sale
INSERT INTO sale (sale_id, command_id, till_id, incarnation, receipt_number, closed_at_ms, business_date, total_minor, due_minor,
    tendered_minor, change_minor, fact)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: sale
SELECT sale_id, till_id, incarnation, receipt_number, total_minor, due_minor, tendered_minor, change_minor, fact
FROM sale WHERE sale_id = ?

-- name: last_receipts
SELECT incarnation, receipt_number, closed_at_ms, total_minor FROM sale WHERE till_id = ?
ORDER BY incarnation DESC, receipt_number DESC LIMIT ?

-- name: sale_by_receipt
SELECT sale_id, till_id, incarnation, receipt_number, total_minor, due_minor, tendered_minor, change_minor, fact
FROM sale WHERE till_id = ? AND incarnation = ? AND receipt_number = ?

-- name: is_ended
SELECT EXISTS (SELECT 1 FROM sale WHERE sale_id = ?1) OR EXISTS (SELECT 1 FROM abandoned_sale WHERE sale_id = ?1)
    OR EXISTS (SELECT 1 FROM goods_return WHERE basket_id = ?1)

-- name: abandon
INSERT INTO abandoned_sale (sale_id, at_ms) VALUES (?, ?)

-- name: find_answer
SELECT answer FROM command_answer WHERE command_id = ?

-- name: keep_answer
INSERT OR IGNORE INTO command_answer (command_id, till_id, at_ms, answer) VALUES (?, ?, ?, ?)

-- name: feed_version
SELECT version FROM feed WHERE feed_id = ?

-- name: has_items
SELECT EXISTS (SELECT 1 FROM item)

-- name: put_job
INSERT INTO print_job (job_id, till_id, sale_id, made_at_ms, state, copy, kick_drawer, document)
VALUES (?, ?, ?, ?, 'queued', ?, ?, ?)

-- name: job
SELECT job_id, till_id, sale_id, made_at_ms, copy, kick_drawer, document FROM print_job WHERE job_id = ?

-- name: next_job
SELECT job_id, till_id, sale_id, made_at_ms, copy, kick_drawer, document FROM print_job
WHERE till_id = ? AND state = 'queued' ORDER BY made_at_ms, job_id LIMIT 1

-- name: set_job_state
UPDATE print_job SET state = ? WHERE job_id = ?

-- name: jobs_in_doubt
SELECT job_id FROM print_job WHERE state = 'sent'

-- name: expire_jobs
UPDATE print_job SET state = 'unknown' WHERE state = 'queued' AND (made_at_ms < ? OR made_at_ms > ?)

-- name: print_state
SELECT state FROM print_job WHERE sale_id = ? ORDER BY made_at_ms DESC, copy DESC LIMIT 1

-- name: prune_jobs
DELETE FROM print_job WHERE made_at_ms < ? AND state IN ('confirmed', 'unknown')

-- name: prune_answers
DELETE FROM command_answer WHERE at_ms < ?

-- name: prune_sales
DELETE FROM sale WHERE closed_at_ms < ? AND sale_id NOT IN (SELECT last_sale_id FROM till WHERE last_sale_id IS NOT NULL)

-- name: prune_abandoned
DELETE FROM abandoned_sale WHERE at_ms < ?

-- name: prune_shifts
DELETE FROM shift WHERE closed_at_ms < ?
