-- What a till must know of goods beyond price and tax.
ALTER TABLE item
    ADD COLUMN min_age integer NOT NULL DEFAULT 0 CHECK (min_age BETWEEN 0 AND 99),
    ADD COLUMN deposit_item_id text NOT NULL DEFAULT '',
    ADD COLUMN serial_tracked boolean NOT NULL DEFAULT false,
    ADD COLUMN bag boolean NOT NULL DEFAULT false;

-- How in-store barcodes of a zone are read, and its carrier bag.
ALTER TABLE zone
    ADD COLUMN code_layouts text[] NOT NULL DEFAULT '{}',
    ADD COLUMN bag_item_id text NOT NULL DEFAULT '';

-- Goods that may not be sold any more.
CREATE TABLE product_recall (
    recall_id text PRIMARY KEY,
    item_id text NOT NULL REFERENCES item,
    batch text NOT NULL DEFAULT '',
    reason text NOT NULL,
    from_ms bigint NOT NULL
);
CREATE INDEX product_recall_of_item ON product_recall (item_id);
SELECT hq_protect('product_recall', 'shared');
