-- Cold-chain alarms of stores, step by step (fact ColdAlarmChanged): raised, escalated, acknowledged with a note, ended.
CREATE TABLE cold_alarm_step (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    alarm_id text COLLATE "C" NOT NULL,
    rule_id text NOT NULL,
    sensor_id text NOT NULL,
    measure text NOT NULL,
    cause text NOT NULL,
    step text NOT NULL,
    since_ms bigint NOT NULL,
    limit_value double precision,
    value double precision,
    worst double precision,
    level bigint NOT NULL,
    staff_id text NOT NULL,
    note text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
CREATE INDEX cold_alarm_of_store ON cold_alarm_step (store_id, at_ms DESC);
SELECT hq_protect('cold_alarm_step', 'ingest');

DO $$
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW visible_cold_alarm_step WITH (security_barrier) AS SELECT * FROM cold_alarm_step '
                   'WHERE %s', hq_store_rule());
    EXECUTE 'GRANT SELECT ON visible_cold_alarm_step TO tallystick_app, tallystick_ingest';
END $$;
