-- name: owe
INSERT INTO handover (incarnation, done_at_ms) VALUES (?, NULL)
ON CONFLICT (incarnation) DO UPDATE SET done_at_ms = NULL

-- name: owe_again
UPDATE handover SET done_at_ms = NULL

-- name: owed
SELECT h.incarnation FROM handover h JOIN sync_identity i ON i.incarnation = h.incarnation WHERE h.done_at_ms IS NULL

-- name: done
UPDATE handover SET done_at_ms = ? WHERE incarnation = ?
