-- name: state
SELECT in_force, text, tried, outcome, reason, trying, begun, told FROM device_table;

-- name: wanted
SELECT body FROM feed_row WHERE feed_id = ? AND key = ?;

-- name: begin
UPDATE device_table SET begun = CASE WHEN trying = ? THEN begun + 1 ELSE 1 END, trying = ?;

-- name: adopt
UPDATE device_table SET in_force = ?, text = ?, tried = ?, outcome = 'in_force', reason = '', trying = 0, begun = 0;

-- name: decline
UPDATE device_table SET tried = ?, outcome = ?, reason = ?, trying = 0, begun = 0;

-- name: drop
UPDATE device_table SET in_force = 0, text = '', outcome = 'rolled_back', reason = ?;

-- name: told
UPDATE device_table SET told = ?;
