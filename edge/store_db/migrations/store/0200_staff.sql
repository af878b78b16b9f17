-- What staff do with stock: receipts and counts in progress, minima, what ran low, what somebody has taken note of.

CREATE TABLE draft (
    draft_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('receipt', 'count')),
    place TEXT NOT NULL,
    reference TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'posted', 'discarded')),
    ended_by TEXT NOT NULL DEFAULT '',
    ended_at_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_open ON draft (kind, opened_at_ms) WHERE state = 'open';

-- A count's line holds the stock as it was when the line was touched first and last; see edge/stock/counting.py.
CREATE TABLE draft_line (
    draft_id TEXT NOT NULL REFERENCES draft (draft_id) ON DELETE CASCADE,
    line_no INTEGER NOT NULL,
    item_id TEXT NOT NULL,
    gtin TEXT NOT NULL,
    quantity_thousandths INTEGER NOT NULL,
    first_base_thousandths INTEGER NOT NULL,
    base_thousandths INTEGER NOT NULL,
    touched_no INTEGER NOT NULL,
    PRIMARY KEY (draft_id, item_id)
) STRICT, WITHOUT ROWID;

-- Commands carried out: the same one sent again changes nothing.
CREATE TABLE draft_command (
    command_id TEXT PRIMARY KEY,
    draft_id TEXT NOT NULL REFERENCES draft (draft_id) ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    added_thousandths INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_command_of_draft ON draft_command (draft_id);

-- The sum of all corrections by counts, and when an item was counted last. Never pruned: one row an item and place.
CREATE TABLE stock_counted (
    item_id TEXT NOT NULL,
    place TEXT NOT NULL,
    corrected_thousandths INTEGER NOT NULL,
    counted_at_ms INTEGER NOT NULL,
    PRIMARY KEY (item_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_minimum (
    item_id TEXT PRIMARY KEY,
    minimum_thousandths INTEGER NOT NULL,
    staff_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Items below their minimum, kept in the transaction of the move that took them there.
CREATE TABLE stock_low (item_id TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE alert_noted (
    alert_id TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    staff_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_noted_age ON alert_noted (at_ms);

CREATE INDEX stock_move_of_item ON stock_move (item_id, at_ms);
