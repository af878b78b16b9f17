-- A long count is booked step by step, so that no sale waits for it: who decided it, and how far it has come. While the row
-- stands the list is closed and its booking goes on, also after a kill; the last step takes it away and ends the list.
CREATE TABLE draft_posting (
    draft_id TEXT PRIMARY KEY REFERENCES draft (draft_id) ON DELETE CASCADE,
    staff_id TEXT NOT NULL,
    approver_id TEXT NOT NULL,
    blind INTEGER NOT NULL,
    phase INTEGER NOT NULL DEFAULT 0,         -- 0: the lines of the list; 1: what nobody found (whole counts)
    after_item_id TEXT NOT NULL DEFAULT '',   -- items up to this one are booked
    facts INTEGER NOT NULL DEFAULT 0          -- facts made so far
) STRICT, WITHOUT ROWID;

CREATE INDEX draft_piece_of_item ON draft_piece (draft_id, item_id);
