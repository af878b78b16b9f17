-- Sensors: what a cold-chain rule knows of each of its sensors, alarms and what became of them, and sums of people counters.
CREATE TABLE cold_watch (
    rule_id TEXT NOT NULL,
    sensor_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    over_ms INTEGER NOT NULL,
    defrost_ms INTEGER NOT NULL,
    alarm_id TEXT NOT NULL,
    level INTEGER NOT NULL,
    alarm_ms INTEGER NOT NULL,
    worst_thousandths INTEGER,
    staff_id TEXT NOT NULL,
    note TEXT NOT NULL,
    acknowledged_ms INTEGER NOT NULL,
    saved_ms INTEGER NOT NULL,
    PRIMARY KEY (rule_id, sensor_id, cause)
) STRICT;

CREATE TABLE people_mark (
    sensor_id TEXT PRIMARY KEY,
    people_in INTEGER NOT NULL,
    people_out INTEGER NOT NULL,
    timestamp TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
