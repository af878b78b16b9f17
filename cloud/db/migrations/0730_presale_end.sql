-- Presales that ended without their goods.
CREATE TABLE presale_end (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    presale_id text COLLATE "C" NOT NULL,
    how text NOT NULL,
    amount_minor bigint NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    approver_id text NOT NULL,
    why text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('presale_end', 'ingest');
CREATE INDEX ON presale_end (store_id, presale_id);
CREATE INDEX ON sale (store_id, presale_id) WHERE presale_id <> '';

DO $$
BEGIN
    EXECUTE format('CREATE VIEW visible_presale_end WITH (security_barrier) AS SELECT * FROM presale_end WHERE %s',
                   hq_store_rule());
END $$;
GRANT SELECT ON visible_presale_end TO tallystick_app, tallystick_ingest;
