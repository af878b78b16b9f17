-- Where a shift begins in the journal, the report it ended with, and the number that report has.
ALTER TABLE shift ADD COLUMN opened_position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shift ADD COLUMN cash_moved_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shift ADD COLUMN z_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shift ADD COLUMN report BLOB;
CREATE INDEX shift_of_till ON shift (till_id, closed_at_ms);

-- Reports of closed shifts are numbered without a gap, per till and incarnation, like receipts.
CREATE TABLE z_counter (
    till_id TEXT NOT NULL, incarnation INTEGER NOT NULL, last_number INTEGER NOT NULL, PRIMARY KEY (till_id, incarnation)
) STRICT, WITHOUT ROWID;
