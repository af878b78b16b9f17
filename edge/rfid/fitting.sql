-- name: in_rooms
SELECT session_id, epc, entered_ms, raw, bits, gtin, item_id, room, left_ms, outcome FROM fitting_piece
WHERE left_ms = 0 ORDER BY room, entered_ms, epc

-- name: open_visit
-- The visit of a room that a piece joins: one with pieces in it, or that just left it.
SELECT session_id FROM fitting_piece WHERE room = ?1 AND told = 0 AND (left_ms = 0 OR left_ms >= ?2)
ORDER BY entered_ms DESC LIMIT 1

-- name: put
INSERT INTO fitting_piece (session_id, epc, entered_ms, raw, bits, gtin, item_id, room, left_ms, outcome, told)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0) ON CONFLICT DO NOTHING

-- name: left
UPDATE fitting_piece SET left_ms = ?3 WHERE epc = ?1 AND room = ?2 AND left_ms = 0

-- name: undecided
SELECT session_id, epc, entered_ms, raw, bits, gtin, item_id, room, left_ms, outcome FROM fitting_piece
WHERE outcome = '' AND told = 0 AND left_ms > 0 ORDER BY left_ms LIMIT ?

-- name: decide
UPDATE fitting_piece SET outcome = ?4 WHERE session_id = ?1 AND epc = ?2 AND entered_ms = ?3

-- name: complete
SELECT session_id FROM fitting_piece WHERE told = 0 GROUP BY session_id HAVING min(outcome <> '') = 1 LIMIT ?

-- name: of_visit
SELECT session_id, epc, entered_ms, raw, bits, gtin, item_id, room, left_ms, outcome FROM fitting_piece
WHERE session_id = ? ORDER BY entered_ms, epc

-- name: told
UPDATE fitting_piece SET told = 1 WHERE session_id = ?

-- name: since
SELECT session_id, epc, entered_ms, raw, bits, gtin, item_id, room, left_ms, outcome FROM fitting_piece
WHERE left_ms > 0 AND entered_ms >= ?1 ORDER BY entered_ms DESC, epc LIMIT ?2

-- name: prune
DELETE FROM fitting_piece WHERE entered_ms < ? AND (told = 1 OR left_ms > 0)
