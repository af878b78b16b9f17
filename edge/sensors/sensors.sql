-- name: watches
SELECT rule_id, sensor_id, cause, since_ms, over_ms, defrost_ms, alarm_id, level, alarm_ms, worst_thousandths, staff_id, note,
    acknowledged_ms, saved_ms
FROM cold_watch

-- name: put_watch
INSERT OR REPLACE INTO cold_watch (rule_id, sensor_id, cause, since_ms, over_ms, defrost_ms, alarm_id, level, alarm_ms, worst_thousandths,
    staff_id, note, acknowledged_ms, saved_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: drop_watch
DELETE FROM cold_watch WHERE rule_id = ? AND sensor_id = ? AND cause = ?

-- name: mark
SELECT people_in, people_out, timestamp, at_ms FROM people_mark WHERE sensor_id = ?

-- name: put_mark
INSERT OR REPLACE INTO people_mark (sensor_id, people_in, people_out, timestamp, at_ms) VALUES (?, ?, ?, ?, ?)
