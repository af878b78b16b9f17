-- Stock by batch and date: what a move's fact told, what it really took, and what stands where.
ALTER TABLE stock_move ADD COLUMN batch TEXT NOT NULL DEFAULT '';
ALTER TABLE stock_move ADD COLUMN expires TEXT NOT NULL DEFAULT '';
-- Serial numbers, one a line.
ALTER TABLE stock_move ADD COLUMN serials TEXT NOT NULL DEFAULT '';

-- The breakdown of `stock`: its rows of an item and place sum to the balance there. Batch '' and date '': nobody told them.
CREATE TABLE stock_batch (
    item_id TEXT NOT NULL,
    place TEXT NOT NULL,
    batch TEXT NOT NULL,
    expires TEXT NOT NULL,
    on_hand_thousandths INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (item_id, place, batch, expires)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_batch_expires ON stock_batch (expires) WHERE expires <> '';
INSERT INTO stock_batch (item_id, place, batch, expires, on_hand_thousandths, since_ms)
SELECT item_id, place, '', '', on_hand_thousandths, 0 FROM stock;

-- Which batches a move took or put, unless it was all of no batch.
CREATE TABLE stock_batch_move (
    move_id TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    part_no INTEGER NOT NULL,
    batch TEXT NOT NULL,
    expires TEXT NOT NULL,
    quantity_thousandths INTEGER NOT NULL,
    PRIMARY KEY (move_id, line_no, part_no)
) STRICT, WITHOUT ROWID;

-- Where a piece with a serial number was put last; `place` '': it left the stock.
CREATE TABLE stock_serial (
    item_id TEXT NOT NULL,
    serial TEXT NOT NULL,
    place TEXT NOT NULL,
    batch TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (item_id, serial)
) STRICT, WITHOUT ROWID;

-- The sum of all corrections by counts of one batch (`stock_counted` has those of the whole item).
CREATE TABLE stock_batch_counted (
    item_id TEXT NOT NULL,
    place TEXT NOT NULL,
    batch TEXT NOT NULL,
    expires TEXT NOT NULL,
    corrected_thousandths INTEGER NOT NULL,
    PRIMARY KEY (item_id, place, batch, expires)
) STRICT, WITHOUT ROWID;
