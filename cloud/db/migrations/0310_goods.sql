-- Goods that came, goods that left, goods that were counted. Their stock moves stand in stock_move.

CREATE TABLE goods_receipt (
    store_id text COLLATE "C" NOT NULL,
    receipt_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    place text COLLATE "C" NOT NULL,
    how text NOT NULL,                        -- scan, portal
    reference text NOT NULL,
    staff_id text NOT NULL,
    device_id text NOT NULL,
    line_count integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, receipt_id)
);
SELECT hq_protect('goods_receipt', 'ingest');

CREATE TABLE goods_left (
    store_id text COLLATE "C" NOT NULL,
    passage_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    device_id text NOT NULL,
    epc text COLLATE "C" NOT NULL,
    gtin text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,        -- '' when no item has the tag's GTIN
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, passage_id, epc)
);
SELECT hq_protect('goods_left', 'ingest');

CREATE TABLE stock_count (
    store_id text COLLATE "C" NOT NULL,
    count_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    place text COLLATE "C" NOT NULL,
    staff_id text NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    expected_thousandths bigint NOT NULL,
    counted_thousandths bigint NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, count_id, line_no)
);
SELECT hq_protect('stock_count', 'ingest');

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['goods_receipt', 'goods_left', 'stock_count'] LOOP
        EXECUTE format('CREATE VIEW %I WITH (security_barrier) AS SELECT * FROM %I '
                       'WHERE (SELECT hq_all()) OR store_id = ANY ((SELECT hq_stores())::text[])', 'visible_' || name, name);
        EXECUTE format('GRANT SELECT ON %I TO tallystick_app, tallystick_ingest', 'visible_' || name);
    END LOOP;
END $$;
