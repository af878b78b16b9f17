-- Where labels hang, and price checks in stores: a sample of shelf prices compared with the till.

CREATE TABLE label_placed (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    label_id text COLLATE "C" NOT NULL,
    aisle text NOT NULL,                      -- '' when its position is no longer known
    shelf integer NOT NULL,                   -- 1 is the lowest board
    slot integer NOT NULL,                    -- 1 is the leftmost place
    staff_id text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('label_placed', 'ingest');
CREATE INDEX label_placed_newest ON label_placed (store_id, label_id, ingest_rev);

CREATE TABLE shelf_audit (
    store_id text COLLATE "C" NOT NULL,
    audit_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    how text NOT NULL,                        -- stratified, random
    scope text NOT NULL,                      -- labels, items
    seed text NOT NULL,
    population bigint NOT NULL,
    currency text NOT NULL,
    opened_at_ms bigint NOT NULL,
    staff_id text NOT NULL,
    line_count integer NOT NULL,              -- with those added by hand
    checked_count integer NOT NULL,           -- of the drawn: read and compared
    correct_count integer NOT NULL,
    overcharge_count integer NOT NULL,
    undercharge_count integer NOT NULL,
    missing_count integer NOT NULL,
    unchecked_count integer NOT NULL,
    overcharge_minor bigint NOT NULL,
    undercharge_minor bigint NOT NULL,
    accuracy_bp integer,                      -- null when nothing was checked
    passed boolean NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, audit_id)
);
SELECT hq_protect('shelf_audit', 'ingest');

CREATE TABLE shelf_audit_line (
    store_id text COLLATE "C" NOT NULL,
    audit_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,                    -- of the comparison; 0 when there was none
    item_id text COLLATE "C" NOT NULL,
    label_id text COLLATE "C" NOT NULL,       -- '' for a printed label
    stratum text NOT NULL,
    sampled boolean NOT NULL,                 -- false: added by the person, not in the score
    promotion boolean NOT NULL,
    finding text NOT NULL,                    -- correct, overcharge, undercharge, missing, unchecked
    seen_minor bigint,
    till_minor bigint,
    price_revision bigint NOT NULL,
    currency text NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, audit_id, line_no)
);
SELECT hq_protect('shelf_audit_line', 'ingest');

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['label_placed', 'shelf_audit', 'shelf_audit_line'] LOOP
        EXECUTE format('CREATE VIEW %I WITH (security_barrier) AS SELECT * FROM %I WHERE %s',
                       'visible_' || name, name, hq_store_rule());
        EXECUTE format('GRANT SELECT ON %I TO tallystick_app, tallystick_ingest', 'visible_' || name);
    END LOOP;
END $$;
