-- name: all_noted
SELECT alert_id, since_ms, staff_id, at_ms FROM alert_noted

-- name: put_noted
INSERT INTO alert_noted (alert_id, since_ms, staff_id, at_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (alert_id) DO UPDATE SET since_ms = excluded.since_ms, staff_id = excluded.staff_id, at_ms = excluded.at_ms

-- name: prune_noted
DELETE FROM alert_noted WHERE at_ms < ?
