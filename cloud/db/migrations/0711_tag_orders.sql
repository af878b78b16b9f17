-- What stores did to single tags: written anew, locked, silenced, by whom and with what outcome.
CREATE TABLE tag_change (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    epc text COLLATE "C" NOT NULL,
    what text COLLATE "C" NOT NULL,
    new_epc text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    fault text NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
CREATE INDEX tag_change_of_epc ON tag_change (epc);
SELECT hq_protect('tag_change', 'ingest');

DO $$
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW visible_tag_change WITH (security_barrier) AS SELECT * FROM tag_change WHERE %s',
                   hq_store_rule());
    GRANT SELECT ON visible_tag_change TO tallystick_app, tallystick_ingest;
END $$;
