-- What tills tell beside plain sales: returns, payments and their ends, cash moved, events an auditor asks for, presales, coupons;
-- and what a sale says more of itself.

ALTER TABLE sale
    ADD COLUMN proved boolean NOT NULL DEFAULT true,
    ADD COLUMN points_earned bigint NOT NULL DEFAULT 0,
    ADD COLUMN return_id text NOT NULL DEFAULT '',
    ADD COLUMN order_id text NOT NULL DEFAULT '',
    ADD COLUMN presale_id text NOT NULL DEFAULT '',
    ADD COLUMN member_fresh boolean NOT NULL DEFAULT true,
    ADD COLUMN training boolean NOT NULL DEFAULT false;
ALTER TABLE sale_line
    ADD COLUMN line_kind text NOT NULL DEFAULT 'goods',
    ADD COLUMN expires date,
    ADD COLUMN tare_grams bigint NOT NULL DEFAULT 0,
    ADD COLUMN reference text NOT NULL DEFAULT '',
    ADD COLUMN bases text;                    -- JSON: each unit's starting price, when they differ
ALTER TABLE tender
    ADD COLUMN attempt_id text NOT NULL DEFAULT '',
    ADD COLUMN units bigint NOT NULL DEFAULT 0;
ALTER TABLE shift_closing
    ADD COLUMN cash_in_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN cash_out_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN why text NOT NULL DEFAULT '',
    ADD COLUMN approver_id text NOT NULL DEFAULT '',
    ADD COLUMN z_number bigint NOT NULL DEFAULT 0,
    ADD COLUMN business_date date;

CREATE TABLE sale_coupon (
    store_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    coupon_id text COLLATE "C" NOT NULL,
    promotion_id text COLLATE "C" NOT NULL,
    saved_minor bigint NOT NULL,
    reservation_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, sale_id, coupon_id)
);
SELECT hq_protect('sale_coupon', 'ingest');
CREATE INDEX ON sale_coupon (coupon_id);

CREATE TABLE goods_return (
    store_id text COLLATE "C" NOT NULL,
    return_id text COLLATE "C" NOT NULL,
    incarnation bigint NOT NULL,
    seq bigint NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    shift_id text COLLATE "C" NOT NULL,
    receipt_till_id text NOT NULL,
    receipt_incarnation bigint NOT NULL,
    receipt_number bigint NOT NULL,
    currency text NOT NULL,
    tax_mode text NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    sold_store_id text COLLATE "C" NOT NULL,
    sold_receipt text NOT NULL,
    policy text NOT NULL,
    total_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    rounding_minor bigint NOT NULL,
    member_id text,
    points_taken_back bigint NOT NULL,
    points_given_back bigint NOT NULL,
    unverified boolean NOT NULL,
    exchange_sale_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    business_date date NOT NULL,
    line_count integer NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, return_id)
);
SELECT hq_protect('goods_return', 'ingest');
CREATE INDEX ON goods_return (sold_store_id, sale_id);

CREATE TABLE goods_return_line (
    store_id text COLLATE "C" NOT NULL,
    return_id text COLLATE "C" NOT NULL,
    return_no integer NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    sold_store_id text COLLATE "C" NOT NULL,
    sold_line_no integer NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    gtin text NOT NULL,
    quantity bigint NOT NULL,
    grams bigint,
    stock_thousandths bigint NOT NULL,
    place text NOT NULL,
    reason text NOT NULL,
    refund_minor bigint NOT NULL,
    tax_class text NOT NULL,
    tax_rate_bp integer NOT NULL,
    tax_minor bigint NOT NULL,
    first_unit bigint NOT NULL,
    shares text,
    overrides text,
    batch text,
    serial text,
    at_ms bigint NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, return_id, return_no)
);
SELECT hq_protect('goods_return_line', 'ingest');
CREATE INDEX ON goods_return_line (sold_store_id, sale_id, sold_line_no);

CREATE TABLE return_tender (
    store_id text COLLATE "C" NOT NULL,
    return_id text COLLATE "C" NOT NULL,
    tender_no integer NOT NULL,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    reference text NOT NULL,
    attempt_id text COLLATE "C" NOT NULL,
    units bigint NOT NULL,
    at_ms bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, return_id, tender_no)
);
SELECT hq_protect('return_tender', 'ingest');

CREATE TABLE payment_asked (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    attempt_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    method text NOT NULL,
    amount_minor bigint NOT NULL,
    terminal_id text NOT NULL,
    reverses_id text COLLATE "C" NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('payment_asked', 'ingest');
CREATE INDEX ON payment_asked (store_id, attempt_id);

CREATE TABLE payment_ended (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    attempt_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    method text NOT NULL,
    amount_minor bigint NOT NULL,
    outcome text NOT NULL,
    how text NOT NULL,
    reference text NOT NULL,
    card_tail text NOT NULL,
    reason text NOT NULL,
    approver_id text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('payment_ended', 'ingest');
CREATE INDEX ON payment_ended (store_id, attempt_id);

CREATE TABLE cash_move (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    move_id text COLLATE "C" NOT NULL,
    shift_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    amount_minor bigint NOT NULL,
    why text NOT NULL,
    approver_id text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('cash_move', 'ingest');

CREATE TABLE till_event (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    code integer NOT NULL,
    till_id text NOT NULL,
    cashier_id text NOT NULL,
    approver_id text NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    shift_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL,
    detail text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('till_event', 'ingest');
CREATE INDEX ON till_event (store_id, at_ms);

CREATE TABLE presale (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    presale_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    deposit_minor bigint NOT NULL,
    note text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
SELECT hq_protect('presale', 'ingest');
CREATE INDEX ON presale (store_id, presale_id);

CREATE TABLE shift_tender (
    store_id text COLLATE "C" NOT NULL,
    shift_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    expected_minor bigint NOT NULL,
    counted_minor bigint,
    sales bigint NOT NULL,
    refunds_minor bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, shift_id, kind, event_id)
);
SELECT hq_protect('shift_tender', 'ingest');

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['sale', 'sale_line', 'tender', 'shift_closing', 'sale_coupon', 'goods_return', 'goods_return_line',
        'return_tender', 'payment_asked', 'payment_ended', 'cash_move', 'till_event', 'presale', 'shift_tender'] LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %I WITH (security_barrier) AS SELECT * FROM %I WHERE %s',
                       'visible_' || name, name, hq_store_rule());
        EXECUTE format('GRANT SELECT ON %I TO tallystick_app, tallystick_ingest', 'visible_' || name);
    END LOOP;
END $$;
