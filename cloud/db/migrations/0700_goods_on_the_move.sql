-- What moves goods inside a store and between stores, what is promised, and what gates and fitting rooms heard; and the feed
-- of a store's stock. The moves themselves stand in stock_move.

CREATE TABLE relocation (
    store_id text COLLATE "C" NOT NULL,
    relocation_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    from_place text COLLATE "C" NOT NULL,
    to_place text COLLATE "C" NOT NULL,
    how text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    line_count integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, relocation_id)
);
SELECT hq_protect('relocation', 'ingest');

CREATE TABLE transfer (
    store_id text COLLATE "C" NOT NULL,
    transfer_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    to_store_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    line_count integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, transfer_id)
);
SELECT hq_protect('transfer', 'ingest');

CREATE TABLE transfer_line (
    store_id text COLLATE "C" NOT NULL,
    transfer_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    batch text COLLATE "C" NOT NULL,
    expires text COLLATE "C" NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, transfer_id, line_no)
);
SELECT hq_protect('transfer_line', 'ingest');

CREATE TABLE write_off (
    store_id text COLLATE "C" NOT NULL,
    write_off_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    place text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    approver_id text COLLATE "C" NOT NULL,
    note text COLLATE "C" NOT NULL,
    line_count integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, write_off_id)
);
SELECT hq_protect('write_off', 'ingest');

CREATE TABLE reservation_answer (
    store_id text COLLATE "C" NOT NULL,
    reservation_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    why text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    wanted_thousandths bigint NOT NULL,
    held_thousandths bigint NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id, item_id)
);
SELECT hq_protect('reservation_answer', 'ingest');

CREATE TABLE markdown_proposal (
    store_id text COLLATE "C" NOT NULL,
    proposal_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    batch text COLLATE "C" NOT NULL,
    expires text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    off_bp integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, proposal_id)
);
SELECT hq_protect('markdown_proposal', 'ingest');

CREATE TABLE book_comparison (
    store_id text COLLATE "C" NOT NULL,
    comparison_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    place text COLLATE "C" NOT NULL,
    items integer NOT NULL,
    equal integer NOT NULL,
    pieces_missing integer NOT NULL,
    pieces_extra integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, comparison_id)
);
SELECT hq_protect('book_comparison', 'ingest');

CREATE TABLE book_comparison_line (
    store_id text COLLATE "C" NOT NULL,
    comparison_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    book_thousandths bigint NOT NULL,
    seen_thousandths bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, comparison_id, item_id)
);
SELECT hq_protect('book_comparison_line', 'ingest');

CREATE TABLE gate_alarm (
    store_id text COLLATE "C" NOT NULL,
    alarm_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    epc text COLLATE "C" NOT NULL,
    gtin text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    siren boolean NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, alarm_id, epc)
);
SELECT hq_protect('gate_alarm', 'ingest');

CREATE TABLE gate_alarm_end (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    alarm_id text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('gate_alarm_end', 'ingest');

CREATE TABLE fitting (
    store_id text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    room text COLLATE "C" NOT NULL,
    epc text COLLATE "C" NOT NULL,
    gtin text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    entered_ms bigint NOT NULL,
    left_ms bigint NOT NULL,
    tried_on boolean NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, session_id, epc)
);
SELECT hq_protect('fitting', 'ingest');

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['relocation', 'transfer', 'transfer_line', 'write_off', 'reservation_answer', 'markdown_proposal', 'book_comparison', 'book_comparison_line', 'gate_alarm', 'gate_alarm_end', 'fitting'] LOOP
        EXECUTE format('CREATE VIEW %I WITH (security_barrier) AS SELECT * FROM %I WHERE %s',
                       'visible_' || name, name, hq_store_rule());
        EXECUTE format('GRANT SELECT ON %I TO tallystick_app, tallystick_ingest', 'visible_' || name);
    END LOOP;
END $$;

-- `cloud/stores/domain.py` says the same to the publisher; a test compares them.
CREATE OR REPLACE FUNCTION hq_feeds_of(store_id text, zone text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['global/catalogue', 'global/label-templates', 'zone/' || zone || '/price', 'store/' || store_id || '/price',
                 'zone/' || zone || '/promotion', 'store/' || store_id || '/member', 'store/' || store_id || '/stock',
                 'store/' || store_id || '/setup', 'store/' || store_id || '/staff', 'store/' || store_id || '/opening-stock'];

INSERT INTO feed (feed_id, epoch, state_hash)
SELECT feed_id, (SELECT feed_epoch FROM hq_state), repeat('0', 64)
FROM (SELECT 'store/' || store_id || '/stock' AS feed_id FROM store) missing
ON CONFLICT (feed_id) DO NOTHING;
