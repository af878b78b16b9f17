-- name: put_alarm
INSERT INTO gate_alarm (alarm_id, gate_id, at_ms, siren, told, outcome, ended_ms, staff_id, sale_id)
VALUES (?, ?, ?, ?, 0, '', 0, '', '')

-- name: put_line
INSERT INTO gate_alarm_line (alarm_id, epc, gtin, item_id, sale_id) VALUES (?, ?, ?, ?, '') ON CONFLICT DO NOTHING

-- name: untold
SELECT alarm_id, gate_id, at_ms, siren, outcome, ended_ms, staff_id, sale_id FROM gate_alarm WHERE told = 0

-- name: told
UPDATE gate_alarm SET told = 1 WHERE alarm_id = ?

-- name: lines
SELECT epc, gtin, item_id, sale_id FROM gate_alarm_line WHERE alarm_id = ? ORDER BY epc

-- name: open
SELECT alarm_id, gate_id, at_ms, siren, outcome, ended_ms, staff_id, sale_id FROM gate_alarm
WHERE outcome = '' ORDER BY at_ms DESC, alarm_id LIMIT ?

-- name: newest
SELECT alarm_id, gate_id, at_ms, siren, outcome, ended_ms, staff_id, sale_id FROM gate_alarm
ORDER BY outcome <> '', at_ms DESC, alarm_id LIMIT ?

-- name: by_id
SELECT alarm_id, gate_id, at_ms, siren, outcome, ended_ms, staff_id, sale_id FROM gate_alarm WHERE alarm_id = ?

-- name: cover
UPDATE gate_alarm_line SET sale_id = ?3 WHERE alarm_id = ?1 AND epc = ?2

-- name: end
UPDATE gate_alarm SET outcome = ?2, ended_ms = ?3, staff_id = ?4, sale_id = ?5 WHERE alarm_id = ?1 AND outcome = ''

-- name: rang_since
SELECT 1 FROM gate_alarm_line JOIN gate_alarm USING (alarm_id) WHERE epc = ?1 AND at_ms >= ?2 LIMIT 1

-- name: rang_ever
SELECT 1 FROM gate_alarm_line WHERE epc = ? LIMIT 1

-- name: prune
DELETE FROM gate_alarm WHERE at_ms < ? AND outcome <> ''
