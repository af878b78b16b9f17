-- name: fate
SELECT fate, reference, at_ms FROM tag_fate WHERE epc = ?

-- name: put_fate
INSERT INTO tag_fate (epc, fate, reference, at_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (epc) DO UPDATE SET fate = excluded.fate, reference = excluded.reference, at_ms = excluded.at_ms

-- name: put_fate_once
INSERT INTO tag_fate (epc, fate, reference, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (epc) DO NOTHING

-- name: gates_watch
SELECT 1 FROM gate_watch LIMIT 1

-- name: drop_watch
DELETE FROM gate_watch

-- name: put_watch
INSERT INTO gate_watch (gate_id) VALUES (?)

-- name: put_allowance
INSERT INTO tag_allowance (sale_id, item_id, pieces, until_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (sale_id, item_id) DO UPDATE SET pieces = pieces + excluded.pieces

-- name: allowance
SELECT sale_id FROM tag_allowance WHERE item_id = ?1 AND pieces > 0 AND until_ms >= ?2 ORDER BY until_ms, sale_id LIMIT 1

-- name: use_allowance
UPDATE tag_allowance SET pieces = pieces - 1 WHERE sale_id = ? AND item_id = ?

-- name: drop_allowance
UPDATE tag_allowance SET pieces = max(0, pieces - ?3) WHERE sale_id = ?1 AND item_id = ?2

-- name: prune_allowances
DELETE FROM tag_allowance WHERE until_ms < ?

-- name: prune_fates
DELETE FROM tag_fate WHERE at_ms < ?
