-- name: put
INSERT INTO draft (draft_id, kind, place, reference, opened_by, opened_at_ms, state) VALUES (?, ?, ?, ?, ?, ?, 'open')

-- name: get
SELECT draft_id, kind, place, reference, opened_by, opened_at_ms, state, ended_by, ended_at_ms FROM draft WHERE draft_id = ?

-- name: open_ones
SELECT draft_id, kind, place, reference, opened_by, opened_at_ms, state, ended_by, ended_at_ms FROM draft
WHERE state = 'open' AND kind = ? ORDER BY opened_at_ms, draft_id

-- name: all_open
SELECT draft_id FROM draft WHERE state = 'open'

-- name: end
UPDATE draft SET state = ?2, ended_by = ?3, ended_at_ms = ?4 WHERE draft_id = ?1

-- name: lines
-- Touched last comes last.
SELECT line_no, item_id, gtin, quantity_thousandths, first_base_thousandths, base_thousandths, touched_no
FROM draft_line WHERE draft_id = ? ORDER BY touched_no

-- name: put_line
INSERT INTO draft_line (draft_id, line_no, item_id, gtin, quantity_thousandths, first_base_thousandths, base_thousandths,
    touched_no)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (draft_id, item_id) DO UPDATE SET quantity_thousandths = excluded.quantity_thousandths,
    first_base_thousandths = excluded.first_base_thousandths, base_thousandths = excluded.base_thousandths,
    touched_no = excluded.touched_no

-- name: drop_line
DELETE FROM draft_line WHERE draft_id = ? AND item_id = ?

-- name: known_command
SELECT draft_id, item_id, added_thousandths FROM draft_command WHERE command_id = ?

-- name: keep_command
INSERT INTO draft_command (command_id, draft_id, item_id, added_thousandths) VALUES (?, ?, ?, ?)

-- name: prune
DELETE FROM draft WHERE ended_at_ms < ?
