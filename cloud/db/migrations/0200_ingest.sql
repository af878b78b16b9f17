-- What stores reported: the session's record and cursors, the raw journal, and what is projected from it.
--
-- The tables here are of kind 'ingest': written by the ingest role alone, with COPY (which row-level security would forbid).
-- The application reads them through views named visible_..., which let through the rows of its scope and nothing else
-- (security_barrier: no function of the reader sees a row before the scope has).
--
-- ingest_rev counts, per store, the steps in which facts were taken; it grows in commit order under the lock of store_session.

CREATE TABLE store_session (
    store_id text COLLATE "C" PRIMARY KEY,
    record bytea NOT NULL,                       -- protocols.sync.hq_record.StoreRecord as JSON
    last_rev bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 60);
SELECT hq_protect('store_session', 'ingest');

CREATE TABLE journal_cursor (
    store_id text COLLATE "C" NOT NULL,
    incarnation bigint NOT NULL,
    stream text NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    durable_seq bigint NOT NULL DEFAULT 0,       -- what the newest backup holds; used only when TALLYSTICK_DURABLE is backup
    PRIMARY KEY (store_id, incarnation, stream)
) WITH (fillfactor = 60);
SELECT hq_protect('journal_cursor', 'ingest');

-- The journal as it came: header line and zstd frame of each accepted batch. Facts before `first_seq` of it were known already.
CREATE TABLE journal_batch (
    store_id text COLLATE "C" NOT NULL,
    incarnation bigint NOT NULL,
    stream text NOT NULL,
    first_seq bigint NOT NULL,
    to_seq bigint NOT NULL,
    gap_from bigint,                             -- gap_from..first_seq - 1 will never come
    gap_reason text NOT NULL DEFAULT '',
    ingest_rev bigint NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (store_id, incarnation, stream, first_seq, to_seq)
);
ALTER TABLE journal_batch ALTER COLUMN payload SET STORAGE EXTERNAL;
SELECT hq_protect('journal_batch', 'ingest');

-- One row per step: an accepted batch, or facts projected later. `tx` makes an order in which nothing appears late: a reader that
-- has read all steps with tx < pg_snapshot_xmin(pg_current_snapshot()) never finds another one below.
CREATE TABLE ingest_step (
    store_id text COLLATE "C" NOT NULL,
    ingest_rev bigint NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at_ms bigint NOT NULL,                       -- HQ's clock
    fact_count integer NOT NULL,
    sale_count integer NOT NULL,
    PRIMARY KEY (store_id, ingest_rev)
);
CREATE INDEX ingest_step_arrival ON ingest_step (tx, store_id, ingest_rev) WHERE sale_count > 0;
CREATE INDEX ingest_step_at ON ingest_step USING brin (at_ms);
SELECT hq_protect('ingest_step', 'ingest');

-- Facts that could not be projected: unknown kinds, malformed bodies. They are acknowledged; `reproject` tries them again.
CREATE TABLE fact_quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id text COLLATE "C" NOT NULL,
    incarnation bigint NOT NULL,
    stream text NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    fact bytea NOT NULL,
    at_ms bigint NOT NULL,
    projected_at_ms bigint
);
CREATE INDEX ON fact_quarantine (quarantine_id) WHERE projected_at_ms IS NULL;
SELECT hq_protect('fact_quarantine', 'ingest');

CREATE TABLE sale (
    store_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    incarnation bigint NOT NULL,
    seq bigint NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    till_id text COLLATE "C" NOT NULL,
    cashier_id text COLLATE "C" NOT NULL,
    shift_id text COLLATE "C" NOT NULL,
    receipt_till_id text COLLATE "C" NOT NULL,
    receipt_incarnation bigint NOT NULL,
    receipt_number bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    tax_mode text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    total_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    rounding_minor bigint NOT NULL,
    promotion_bundle text COLLATE "C" NOT NULL,
    price_feed_version bigint NOT NULL,
    member_id text COLLATE "C",
    opened_at_ms bigint NOT NULL,
    closed_at_ms bigint NOT NULL,                -- the store's clock, as good as `clock` says
    clock text COLLATE "C" NOT NULL,
    business_date date NOT NULL,
    line_count integer NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, sale_id)
);
CREATE INDEX sale_order ON sale (store_id, ingest_rev, seq);
CREATE INDEX sale_closed ON sale USING brin (closed_at_ms);
SELECT hq_protect('sale', 'ingest');

CREATE TABLE sale_line (
    store_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    gtin text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    grams bigint,
    stock_thousandths bigint NOT NULL,
    place text COLLATE "C" NOT NULL,
    unit_price_minor bigint NOT NULL,
    price_revision bigint NOT NULL,
    list_price_minor bigint NOT NULL,
    price_reason text COLLATE "C" NOT NULL,
    label_revision bigint,
    net_minor bigint NOT NULL,
    tax_class text COLLATE "C" NOT NULL,
    tax_rate_bp integer NOT NULL,
    tax_minor bigint NOT NULL,
    batch text,
    serial text,
    discounts text,                              -- JSON array of protocols.contract.facts.UnitDiscount
    overrides text,                              -- JSON array of protocols.contract.facts.Override
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, sale_id, line_no)
);
CREATE INDEX sale_line_tail ON sale_line (store_id, ingest_rev);
SELECT hq_protect('sale_line', 'ingest');

CREATE TABLE tender (
    store_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    tender_no integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL,
    change_minor bigint NOT NULL,
    reference text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, sale_id, tender_no)
);
SELECT hq_protect('tender', 'ingest');

CREATE TABLE stock_move (
    store_id text COLLATE "C" NOT NULL,
    move_id text COLLATE "C" NOT NULL,
    incarnation bigint NOT NULL,
    seq bigint NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    reason text NOT NULL,
    reference text NOT NULL,
    at_ms bigint NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, move_id)
);
CREATE INDEX stock_move_tail ON stock_move (store_id, ingest_rev);
SELECT hq_protect('stock_move', 'ingest');

-- On-hand = balance + everything after the watermark (docs/adr/0003). Losing these two tables loses nothing.
CREATE TABLE stock_balance (
    store_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    PRIMARY KEY (store_id, item_id, place)
);
CREATE INDEX stock_balance_item ON stock_balance (item_id);
SELECT hq_protect('stock_balance', 'ingest');

CREATE TABLE stock_watermark (
    store_id text COLLATE "C" PRIMARY KEY,
    upto_rev bigint NOT NULL
);
SELECT hq_protect('stock_watermark', 'ingest');

CREATE TABLE line_void (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    item_id text NOT NULL,
    quantity bigint NOT NULL,
    net_minor bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('line_void', 'ingest');

CREATE TABLE sale_abandoned (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    total_minor bigint NOT NULL,
    line_count bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('sale_abandoned', 'ingest');

CREATE TABLE shift_opening (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    shift_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    float_minor bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('shift_opening', 'ingest');

CREATE TABLE shift_closing (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    shift_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    sale_count bigint NOT NULL,
    expected_minor bigint NOT NULL,
    counted_minor bigint NOT NULL,
    difference_minor bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('shift_closing', 'ingest');

CREATE TABLE drawer_opening (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    reason text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('drawer_opening', 'ingest');

CREATE TABLE feed_applied (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    feed_id text COLLATE "C" NOT NULL,
    epoch text NOT NULL,
    version bigint NOT NULL,
    state_hash text NOT NULL,
    how text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('feed_applied', 'ingest');

CREATE TABLE label_bound (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    label_id text COLLATE "C" NOT NULL,
    item_id text,                                -- null: unbound and blanked
    staff_id text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('label_bound', 'ingest');

CREATE TABLE label_shown (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    label_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    price_revision bigint NOT NULL,
    price_minor bigint NOT NULL,
    evidence text NOT NULL,
    sent_at_ms bigint NOT NULL,
    confirmed_at_ms bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
CREATE INDEX ON label_shown (store_id, item_id, ingest_rev);
SELECT hq_protect('label_shown', 'ingest');

CREATE TABLE label_removed (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    label_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    staff_id text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('label_removed', 'ingest');

CREATE TABLE device_state (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    device_kind text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
CREATE INDEX ON device_state (store_id, device_id, ingest_rev);
SELECT hq_protect('device_state', 'ingest');

-- What the box itself noticed (fact StoreAlarm); what HQ noticed about a store is table store_alarm.
CREATE TABLE box_alarm (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    alarm text NOT NULL,
    detail text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('box_alarm', 'ingest');

CREATE TABLE facts_shed (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint NOT NULL,
    reason text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('facts_shed', 'ingest');

-- On-hand, always exact.
CREATE VIEW stock_on_hand AS
    SELECT store_id, item_id, place, sum(quantity_thousandths)::bigint AS on_hand_thousandths
    FROM (
        SELECT store_id, item_id, place, quantity_thousandths FROM stock_balance
        UNION ALL
        SELECT m.store_id, m.item_id, m.place, m.quantity_thousandths
        FROM store_session x LEFT JOIN stock_watermark w USING (store_id)
        JOIN stock_move m ON m.store_id = x.store_id AND m.ingest_rev > coalesce(w.upto_rev, 0)
        UNION ALL
        SELECT l.store_id, l.item_id, l.place, -l.stock_thousandths
        FROM store_session x LEFT JOIN stock_watermark w USING (store_id)
        JOIN sale_line l ON l.store_id = x.store_id AND l.ingest_rev > coalesce(w.upto_rev, 0)
    ) moves
    GROUP BY store_id, item_id, place;
GRANT SELECT ON stock_on_hand TO tallystick_ingest;

-- The application's windows.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['sale', 'sale_line', 'tender', 'stock_move', 'stock_on_hand', 'ingest_step', 'line_void',
        'sale_abandoned', 'shift_opening', 'shift_closing', 'drawer_opening', 'feed_applied', 'label_bound', 'label_shown',
        'label_removed', 'device_state', 'box_alarm', 'facts_shed', 'fact_quarantine', 'journal_cursor'] LOOP
        EXECUTE format('CREATE VIEW %I WITH (security_barrier) AS SELECT * FROM %I '
                       'WHERE (SELECT hq_all()) OR store_id = ANY ((SELECT hq_stores())::text[])', 'visible_' || name, name);
        EXECUTE format('GRANT SELECT ON %I TO tallystick_app, tallystick_ingest', 'visible_' || name);
    END LOOP;
END $$;

-- Durability by backup: `begin` before the copy is taken, `done` when it is stored safely. What the copy holds is then durable.
CREATE TABLE backup_mark (
    store_id text COLLATE "C" NOT NULL,
    incarnation bigint NOT NULL,
    stream text NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (store_id, incarnation, stream)
);
SELECT hq_protect('backup_mark', 'ingest');

CREATE FUNCTION hq_backup_begin() RETURNS void LANGUAGE sql VOLATILE
    BEGIN ATOMIC
        DELETE FROM backup_mark;
        INSERT INTO backup_mark SELECT store_id, incarnation, stream, seq FROM journal_cursor;
    END;
CREATE FUNCTION hq_backup_done() RETURNS void LANGUAGE sql VOLATILE
    BEGIN ATOMIC
        UPDATE journal_cursor c SET durable_seq = greatest(c.durable_seq, m.seq)
        FROM backup_mark m
        WHERE c.store_id = m.store_id AND c.incarnation = m.incarnation AND c.stream = m.stream;
    END;
REVOKE EXECUTE ON FUNCTION hq_backup_begin(), hq_backup_done() FROM PUBLIC;
