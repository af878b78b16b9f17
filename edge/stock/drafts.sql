-- name: put
INSERT INTO draft (draft_id, kind, place, reference, opened_by, opened_at_ms, state, asn_id, target, note, whole)
VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?)

-- name: get
SELECT draft_id, kind, place, reference, opened_by, opened_at_ms,
    CASE WHEN EXISTS (SELECT 1 FROM draft_posting p WHERE p.draft_id = draft.draft_id) THEN 'posting' ELSE state END, ended_by, ended_at_ms, asn_id, target, note, whole, swept,
    (SELECT count(*) FROM draft_line l WHERE l.draft_id = draft.draft_id)
FROM draft WHERE draft_id = ?

-- name: open_ones
SELECT draft_id, kind, place, reference, opened_by, opened_at_ms,
    CASE WHEN EXISTS (SELECT 1 FROM draft_posting p WHERE p.draft_id = draft.draft_id) THEN 'posting' ELSE state END, ended_by, ended_at_ms, asn_id, target, note, whole, swept,
    (SELECT count(*) FROM draft_line l WHERE l.draft_id = draft.draft_id)
FROM draft WHERE state = 'open' AND kind = ? ORDER BY opened_at_ms, draft_id

-- name: all_open
SELECT draft_id FROM draft WHERE state = 'open'

-- name: end
UPDATE draft SET state = ?2, ended_by = ?3, ended_at_ms = ?4 WHERE draft_id = ?1

-- name: swept
UPDATE draft SET swept = 1 WHERE draft_id = ?

-- name: lines
-- The ones touched last; the caller turns them round.
SELECT line_no, item_id, gtin, quantity_thousandths, first_base_thousandths, base_thousandths, touched_no, batch, expires,
    batch_base_thousandths
FROM draft_line WHERE draft_id = ? ORDER BY touched_no DESC LIMIT ?

-- name: line
SELECT line_no, item_id, gtin, quantity_thousandths, first_base_thousandths, base_thousandths, touched_no, batch, expires,
    batch_base_thousandths
FROM draft_line WHERE draft_id = ? AND item_id = ? AND batch = ? AND expires = ?

-- name: extent
-- Looks at every line: asked for a new one only.
SELECT count(*), coalesce(max(line_no), 0) FROM draft_line WHERE draft_id = ?

-- name: last_touched
SELECT coalesce(max(touched_no), 0) FROM draft_line WHERE draft_id = ?

-- name: put_line
INSERT INTO draft_line (draft_id, line_no, item_id, gtin, quantity_thousandths, first_base_thousandths, base_thousandths,
    touched_no, batch, expires, batch_base_thousandths)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (draft_id, item_id, batch, expires) DO UPDATE SET quantity_thousandths = excluded.quantity_thousandths,
    first_base_thousandths = excluded.first_base_thousandths, base_thousandths = excluded.base_thousandths,
    batch_base_thousandths = excluded.batch_base_thousandths, touched_no = excluded.touched_no

-- name: drop_line
DELETE FROM draft_line WHERE draft_id = ? AND item_id = ? AND batch = ? AND expires = ?

-- name: known_command
SELECT draft_id, item_id, added_thousandths, batch, expires FROM draft_command WHERE command_id = ?

-- name: keep_command
INSERT INTO draft_command (command_id, draft_id, item_id, added_thousandths, batch, expires) VALUES (?, ?, ?, ?, ?, ?)

-- name: put_piece
INSERT INTO draft_piece (draft_id, code, item_id, batch, expires) VALUES (?, ?, ?, ?, ?) ON CONFLICT (draft_id, code) DO NOTHING

-- name: has_piece
SELECT 1 FROM draft_piece WHERE draft_id = ? AND code = ?

-- name: piece_count
SELECT count(*) FROM draft_piece WHERE draft_id = ?

-- name: pieces
SELECT code, item_id, batch, expires FROM draft_piece WHERE draft_id = ? ORDER BY code

-- name: drop_pieces
DELETE FROM draft_piece WHERE draft_id = ? AND item_id = ? AND batch = ? AND expires = ?

-- name: move_pieces
UPDATE draft_piece SET batch = ?5, expires = ?6 WHERE draft_id = ?1 AND item_id = ?2 AND batch = ?3 AND expires = ?4

-- name: prune
DELETE FROM draft WHERE ended_at_ms < ?

-- name: items_after
SELECT DISTINCT item_id FROM draft_line WHERE draft_id = ? AND item_id > ? ORDER BY item_id LIMIT ?

-- name: lines_of_item
SELECT line_no, item_id, gtin, quantity_thousandths, first_base_thousandths, base_thousandths, touched_no, batch, expires,
    batch_base_thousandths
FROM draft_line WHERE draft_id = ? AND item_id = ? ORDER BY batch, expires

-- name: pieces_of_item
SELECT code FROM draft_piece WHERE draft_id = ? AND item_id = ?

-- name: unfound_after
-- What stands at a place by the book, of items after one, and is not on the list.
SELECT item_id FROM stock
WHERE place = ?2 AND item_id > ?3 AND on_hand_thousandths <> 0
    AND NOT EXISTS (SELECT 1 FROM draft_line l WHERE l.draft_id = ?1 AND l.item_id = stock.item_id)
ORDER BY item_id LIMIT ?4

-- name: standing_items
SELECT count(*) FROM stock WHERE place = ? AND on_hand_thousandths <> 0

-- name: mark
-- Changes with whatever a count is judged by: commands and tags of the list, corrections by other counts.
SELECT (SELECT count(*) FROM draft_command WHERE draft_id = ?1), (SELECT count(*) FROM draft_piece WHERE draft_id = ?1),
    (SELECT count(*) FROM stock_counted WHERE place = ?2), (SELECT coalesce(sum(corrected_thousandths), 0) FROM stock_counted WHERE place = ?2),
    (SELECT coalesce(max(counted_at_ms), 0) FROM stock_counted WHERE place = ?2)

-- name: put_posting
INSERT INTO draft_posting (draft_id, staff_id, approver_id, blind) VALUES (?, ?, ?, ?)

-- name: posting
SELECT staff_id, approver_id, blind, phase, after_item_id, facts FROM draft_posting WHERE draft_id = ?

-- name: postings
SELECT draft_id FROM draft_posting ORDER BY draft_id

-- name: move_posting
UPDATE draft_posting SET phase = ?2, after_item_id = ?3, facts = ?4 WHERE draft_id = ?1

-- name: drop_posting
DELETE FROM draft_posting WHERE draft_id = ?
