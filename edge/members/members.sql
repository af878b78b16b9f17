-- name: look_add
INSERT OR REPLACE INTO member_lookup (look, member_id) VALUES (?, ?);

-- name: look_drop
DELETE FROM member_lookup WHERE member_id = ?;

-- name: found
SELECT r.body FROM member_lookup l JOIN feed_row r ON r.feed_id = ? AND r.key = 'member/' || l.member_id
WHERE l.look = ? ORDER BY l.member_id LIMIT ?;

-- name: row
SELECT body FROM feed_row WHERE feed_id = ? AND key = ?;

-- name: heard
SELECT heard_at_ms FROM hq_contact;

-- name: hear
INSERT INTO hq_contact (one, heard_at_ms) VALUES (1, ?)
ON CONFLICT (one) DO UPDATE SET heard_at_ms = excluded.heard_at_ms;

-- name: offline_known
SELECT amount FROM value_offline WHERE attempt_id = ?;

-- name: offline_of_sale
SELECT coalesce(sum(amount), 0) FROM value_offline WHERE value_kind = ? AND sale_id = ?;

-- name: offline_of_day
SELECT coalesce(sum(amount), 0) FROM value_offline WHERE value_kind = ? AND account = ? AND business_date = ?;

-- name: offline_since
SELECT coalesce(sum(amount), 0) FROM value_offline WHERE value_kind = ? AND at_ms > ?;

-- name: offline_add
INSERT INTO value_offline (attempt_id, value_kind, account, amount, sale_id, till_id, business_date, at_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: offline_drop
DELETE FROM value_offline WHERE attempt_id = ?;

-- name: offline_forget
DELETE FROM value_offline WHERE at_ms < ?;
