-- What a till must know of goods beyond price and tax, and what it puts aside.
ALTER TABLE item ADD COLUMN colour TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN size TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN min_age INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN deposit_item_id TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN serial_tracked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN bag INTEGER NOT NULL DEFAULT 0;
CREATE INDEX item_of_style ON item (style_id);

-- Colour and size came with the feed before there was a place for them.
UPDATE item SET
    colour = coalesce((SELECT json_extract(CAST(body AS TEXT), '$.colour') FROM feed_row
        WHERE feed_id = 'global/catalogue' AND key = 'item/' || item.item_id), ''),
    size = coalesce((SELECT json_extract(CAST(body AS TEXT), '$.size') FROM feed_row
        WHERE feed_id = 'global/catalogue' AND key = 'item/' || item.item_id), '');

ALTER TABLE zone ADD COLUMN code_layouts TEXT NOT NULL DEFAULT '';
ALTER TABLE zone ADD COLUMN bag_item_id TEXT NOT NULL DEFAULT '';

CREATE TABLE recall (
    recall_id TEXT PRIMARY KEY,
    item_id TEXT NOT NULL,
    batch TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recall_of_item ON recall (item_id);

-- Serial numbers sold in this store and not returned.
CREATE TABLE sold_serial (
    item_id TEXT NOT NULL,
    serial TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (item_id, serial)
) STRICT, WITHOUT ROWID;

-- Baskets put aside. `taken_by` is the till that took one up; the row stays until the sale has ended.
CREATE TABLE held_basket (
    sale_id TEXT PRIMARY KEY,
    till_id TEXT NOT NULL,
    cashier_id TEXT NOT NULL,
    note TEXT NOT NULL,
    held_at_ms INTEGER NOT NULL,
    units INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    body BLOB NOT NULL,
    taken_by TEXT
) STRICT, WITHOUT ROWID;

-- Deposits taken on goods that come later.
CREATE TABLE presale (
    presale_id TEXT PRIMARY KEY,
    sale_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    deposit_minor INTEGER NOT NULL,
    note TEXT NOT NULL,
    taken_at_ms INTEGER NOT NULL,
    settled_sale_id TEXT
) STRICT, WITHOUT ROWID;
