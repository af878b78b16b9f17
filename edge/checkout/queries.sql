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
SELECT shift_id, cashier_id, float_minor, sale_count, cash_minor, cash_moved_minor, opened_at_ms, opened_position
FROM shift WHERE shift_id = ?

-- name: open_shift
INSERT INTO shift (shift_id, till_id, cashier_id, opened_at_ms, float_minor, sale_count, cash_minor, opened_position)
VALUES (?, ?, ?, ?, ?, 0, 0, ?)

-- name: count_sale
UPDATE shift SET sale_count = sale_count + 1, cash_minor = cash_minor + ? WHERE shift_id = ?

-- name: move_cash
UPDATE shift SET cash_moved_minor = cash_moved_minor + ? WHERE shift_id = ?

-- name: close_shift
UPDATE shift SET closed_at_ms = ?, counted_minor = ?, z_number = ?, report = ? WHERE shift_id = ?

-- name: next_z_number
INSERT INTO z_counter (till_id, incarnation, last_number) VALUES (?, ?, 1)
ON CONFLICT (till_id, incarnation) DO UPDATE SET last_number = last_number + 1
RETURNING last_number

-- name: report
SELECT report FROM shift WHERE shift_id = ? AND till_id = ?

-- name: last_report
SELECT report FROM shift WHERE till_id = ? AND report IS NOT NULL ORDER BY closed_at_ms DESC, shift_id DESC LIMIT 1

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
WHERE till_id = ? AND state = 'queued' AND kick_drawer = 0 ORDER BY made_at_ms, job_id LIMIT 1

-- name: next_kick
SELECT job_id, till_id, sale_id, made_at_ms, copy, kick_drawer, document FROM print_job
WHERE till_id = ? AND state = 'queued' AND kick_drawer = 1 ORDER BY made_at_ms, job_id LIMIT 1

-- name: kick_leaves
UPDATE print_job SET kick_drawer = 0, state = CASE WHEN length(document) = 0 THEN 'sent' ELSE state END WHERE job_id = ?

-- name: kick_is_due
UPDATE print_job SET kick_drawer = 1, state = 'queued' WHERE job_id = ?

-- name: kick_is_late
UPDATE print_job SET kick_drawer = 0, state = CASE WHEN length(document) = 0 THEN 'unknown' ELSE state END WHERE job_id = ?

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

-- name: serial_sold
SELECT 1 FROM sold_serial WHERE item_id = ? AND serial = ?

-- name: put_serial
INSERT INTO sold_serial (item_id, serial, sale_id, at_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (item_id, serial) DO UPDATE SET sale_id = excluded.sale_id, at_ms = excluded.at_ms

-- name: drop_serial
DELETE FROM sold_serial WHERE item_id = ? AND serial = ?

-- name: prune_serials
DELETE FROM sold_serial WHERE at_ms < ?

-- name: hold
INSERT INTO held_basket (sale_id, till_id, cashier_id, note, held_at_ms, units, total_minor, body, taken_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT (sale_id) DO UPDATE SET till_id = excluded.till_id, cashier_id = excluded.cashier_id, note = excluded.note,
    held_at_ms = excluded.held_at_ms, units = excluded.units, total_minor = excluded.total_minor, body = excluded.body,
    taken_by = NULL

-- name: held
SELECT sale_id, till_id, cashier_id, note, held_at_ms, units, total_minor FROM held_basket WHERE taken_by IS NULL
ORDER BY held_at_ms, sale_id

-- name: held_basket
SELECT till_id, body FROM held_basket WHERE sale_id = ? AND taken_by IS NULL

-- name: take_held
UPDATE held_basket SET taken_by = ?2 WHERE sale_id = ?1 AND taken_by IS NULL RETURNING sale_id

-- name: holder_of
SELECT coalesce(taken_by, '') FROM held_basket WHERE sale_id = ?

-- name: taken_by_till
SELECT sale_id, body FROM held_basket WHERE taken_by = ? ORDER BY held_at_ms DESC, sale_id

-- name: drop_held
DELETE FROM held_basket WHERE sale_id = ?

-- name: held_before
SELECT sale_id, till_id, cashier_id, body, total_minor FROM held_basket WHERE taken_by IS NULL AND held_at_ms < ?

-- name: put_presale
INSERT INTO presale (presale_id, sale_id, item_id, quantity, deposit_minor, note, taken_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: presale
SELECT item_id, quantity, deposit_minor, note, settled_sale_id, ended FROM presale WHERE presale_id = ?

-- name: settle_presale
UPDATE presale SET settled_sale_id = ?2 WHERE presale_id = ?1 AND settled_sale_id IS NULL AND ended = '' RETURNING presale_id

-- name: end_presale
UPDATE presale SET ended = ?2, ended_at_ms = ?3
WHERE presale_id = ?1 AND settled_sale_id IS NULL AND ended = '' RETURNING presale_id

-- name: order
SELECT body FROM pickup_order WHERE order_id = ?

-- name: take_order
UPDATE pickup_order SET taken_by = ?2 WHERE order_id = ?1 AND (taken_by IS NULL OR taken_by = ?2) RETURNING order_id

-- name: order_taken_by
SELECT taken_by FROM pickup_order WHERE order_id = ?

-- name: release_order
UPDATE pickup_order SET taken_by = NULL WHERE order_id = ?
