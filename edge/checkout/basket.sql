-- name: basket
SELECT body FROM basket WHERE till_id = ?

-- name: put_basket
INSERT INTO basket (till_id, sale_id, body) VALUES (?, ?, ?)
ON CONFLICT (till_id) DO UPDATE SET sale_id = excluded.sale_id, body = excluded.body

-- name: drop_basket
DELETE FROM basket WHERE till_id = ?

-- name: find_answer
SELECT answer FROM command_answer WHERE command_id = ?

-- name: keep_answer
INSERT OR IGNORE INTO command_answer (command_id, till_id, at_ms, answer) VALUES (?, ?, ?, ?)

-- name: prune_answers
DELETE FROM command_answer WHERE at_ms < ?
