-- What the store answered to headquarters' wish to hold goods.
CREATE TABLE reservation (
    reservation_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('confirmed', 'partial', 'refused', 'picked', 'handed_over', 'released')),
    why TEXT NOT NULL,
    name TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,                -- when it came: a sale takes from the newest first
    at_ms INTEGER NOT NULL,
    staff_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_standing ON reservation (until_ms) WHERE state IN ('confirmed', 'partial', 'picked');
CREATE INDEX reservation_of_order ON reservation (order_id);
CREATE TABLE reservation_line (
    reservation_id TEXT NOT NULL REFERENCES reservation (reservation_id) ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    wanted_thousandths INTEGER NOT NULL,
    held_thousandths INTEGER NOT NULL,
    picked_thousandths INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (reservation_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_line_of_item ON reservation_line (item_id) WHERE held_thousandths > 0;

-- The chain's minima; one that staff set by hand (`stock_minimum`) wins.
CREATE TABLE stock_minimum_hq (item_id TEXT PRIMARY KEY, minimum_thousandths INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Styles of which a size that was here is gone while others stand here.
CREATE TABLE stock_size_gap (
    style_id TEXT NOT NULL,
    colour TEXT NOT NULL,
    missing TEXT NOT NULL,                    -- sizes, one a line
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (style_id, colour)
) STRICT, WITHOUT ROWID;

-- Proposals and comparisons made, so that each is made once.
CREATE TABLE markdown_proposed (proposal_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE book_compared (
    comparison_id TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    items INTEGER NOT NULL,
    equal INTEGER NOT NULL,
    pieces_missing INTEGER NOT NULL,
    pieces_extra INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the catalogue says of how an item's stock is kept.
ALTER TABLE item ADD COLUMN batch_tracked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN tagged INTEGER NOT NULL DEFAULT 0;
UPDATE item SET
    batch_tracked = coalesce((SELECT json_extract(CAST(body AS TEXT), '$.batch_tracked') FROM feed_row
        WHERE feed_id = 'global/catalogue' AND key = 'item/' || item.item_id), 0),
    tagged = coalesce((SELECT json_extract(CAST(body AS TEXT), '$.tagged') FROM feed_row
        WHERE feed_id = 'global/catalogue' AND key = 'item/' || item.item_id), 0);
CREATE INDEX item_tagged ON item (item_id) WHERE tagged = 1;
