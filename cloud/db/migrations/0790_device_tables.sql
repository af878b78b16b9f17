-- The device tables headquarters sent to a store, and what the store says of them (fact DeviceTableTold).
CREATE TABLE device_table_sent (
    store_id text COLLATE "C" NOT NULL REFERENCES store,
    revision bigint NOT NULL CHECK (revision > 0),
    text text NOT NULL,                          -- TOML; empty: the box's own settings file again
    even_if_not_ready boolean NOT NULL,
    sent_at_ms bigint NOT NULL,
    sent_by text NOT NULL,
    PRIMARY KEY (store_id, revision)
);
SELECT hq_protect('device_table_sent', 'store');

CREATE TABLE device_table_told (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    in_force bigint NOT NULL,                    -- revision; 0: the box's own settings file
    text text NOT NULL,                          -- the table in force
    revision bigint NOT NULL,                    -- the one tried last; 0: none
    outcome text NOT NULL,                       -- in_force, refused, rolled_back
    reason text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
CREATE INDEX ON device_table_told (store_id, ingest_rev);
SELECT hq_protect('device_table_told', 'ingest');

CREATE VIEW visible_device_table_told WITH (security_barrier) AS
    SELECT * FROM device_table_told WHERE (SELECT hq_all()) OR store_id = ANY ((SELECT hq_stores())::text[]);
GRANT SELECT ON visible_device_table_told TO tallystick_app, tallystick_ingest;
