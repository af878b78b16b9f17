-- What headquarters itself says about stock: notices of deliveries, reservations, rules of the shelves, decisions on markdowns.

-- An advance shipping notice. One of another store's transfer bears that transfer's id.
CREATE TABLE asn (
    store_id text COLLATE "C" NOT NULL,
    asn_id text COLLATE "C" NOT NULL,
    reference text NOT NULL,
    sender text NOT NULL,
    expected_ms bigint NOT NULL,
    place text COLLATE "C" NOT NULL,
    transfer_id text COLLATE "C" NOT NULL DEFAULT '',
    added_by text NOT NULL,
    added_ms bigint NOT NULL,
    withdrawn_ms bigint,
    in_feed boolean NOT NULL DEFAULT true,
    PRIMARY KEY (store_id, asn_id)
);
CREATE INDEX asn_newest ON asn (added_ms DESC, asn_id DESC);
CREATE INDEX asn_in_feed ON asn (store_id) WHERE in_feed;
SELECT hq_protect('asn', 'store');

CREATE TABLE asn_line (
    store_id text COLLATE "C" NOT NULL,
    asn_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    gtin text COLLATE "C" NOT NULL,
    batch text COLLATE "C" NOT NULL,
    expires text COLLATE "C" NOT NULL,
    sscc text COLLATE "C" NOT NULL,
    epcs text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (store_id, asn_id, line_no)
);
SELECT hq_protect('asn_line', 'store');

CREATE TABLE reservation (
    store_id text COLLATE "C" NOT NULL,
    reservation_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    due_ms bigint NOT NULL,
    until_ms bigint NOT NULL,
    cancelled_ms bigint,
    added_by text NOT NULL,
    added_ms bigint NOT NULL,
    in_feed boolean NOT NULL DEFAULT true,
    PRIMARY KEY (store_id, reservation_id)
);
CREATE INDEX reservation_newest ON reservation (added_ms DESC, reservation_id DESC);
CREATE INDEX reservation_in_feed ON reservation (until_ms) WHERE in_feed;
SELECT hq_protect('reservation', 'store');

CREATE TABLE reservation_line (
    store_id text COLLATE "C" NOT NULL,
    reservation_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    PRIMARY KEY (store_id, reservation_id, item_id)
);
SELECT hq_protect('reservation_line', 'store');

-- Rules of a store, a region or the chain (`level`: store, region, chain; `level_id`: its id, '' for the chain); the nearest wins.
CREATE TABLE stock_rules (
    level text COLLATE "C" NOT NULL,
    level_id text COLLATE "C" NOT NULL,
    rules text NOT NULL,                         -- protocols.contract.feed_stock.StockRulesRow as JSON
    changed_by text NOT NULL,
    changed_ms bigint NOT NULL,
    PRIMARY KEY (level, level_id)
);
SELECT hq_protect('stock_rules', 'shared');

CREATE TABLE stock_minimum (
    level text COLLATE "C" NOT NULL,
    level_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    minimum_thousandths bigint NOT NULL,
    changed_by text NOT NULL,
    changed_ms bigint NOT NULL,
    PRIMARY KEY (level, level_id, item_id)
);
CREATE INDEX stock_minimum_item ON stock_minimum (item_id);
SELECT hq_protect('stock_minimum', 'shared');

CREATE TABLE shelf_plan (
    store_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    antenna integer NOT NULL,
    name text NOT NULL,
    item_ids text[] NOT NULL,
    minimum_pieces integer NOT NULL,
    changed_by text NOT NULL,
    changed_ms bigint NOT NULL,
    PRIMARY KEY (store_id, device_id, antenna)
);
SELECT hq_protect('shelf_plan', 'store');

-- Stores whose rules or minima are to be told anew (cloud/shelf_rules/keeper.py).
CREATE TABLE stock_rules_due (
    store_id text COLLATE "C" PRIMARY KEY
);
SELECT hq_protect('stock_rules_due', 'store');

CREATE TABLE markdown_decision (
    store_id text COLLATE "C" NOT NULL,
    proposal_id text COLLATE "C" NOT NULL,
    accepted boolean NOT NULL,
    price_minor bigint,
    until_ms bigint,
    reason text NOT NULL,
    decided_by text NOT NULL,
    decided_ms bigint NOT NULL,
    PRIMARY KEY (store_id, proposal_id)
);
SELECT hq_protect('markdown_decision', 'store');

-- The version of the catalogue feed a recall came with: what a store must have applied to refuse the goods.
ALTER TABLE product_recall
    ADD COLUMN feed_version bigint NOT NULL DEFAULT 0,
    ADD COLUMN told_ms bigint NOT NULL DEFAULT 0;

-- A new store, and one that moves to another region, is told its rules.
CREATE FUNCTION hq_rules_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_rules_due (store_id) VALUES (NEW.store_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_rules_due AFTER INSERT OR UPDATE OF region_id ON store FOR EACH ROW EXECUTE FUNCTION hq_rules_due();
