-- Lists in progress learn of batches, tags, notices, and of more that a list may become: a move between places, goods sent to
-- another store, a write-off. SQLite cannot widen a CHECK, so the tables are made anew; children go first.
ALTER TABLE draft RENAME TO old_draft;
ALTER TABLE draft_line RENAME TO old_draft_line;
ALTER TABLE draft_command RENAME TO old_draft_command;
DROP INDEX draft_open;
DROP INDEX draft_command_of_draft;

CREATE TABLE draft (
    draft_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    reference TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'posted', 'discarded')),
    ended_by TEXT NOT NULL DEFAULT '',
    ended_at_ms INTEGER,
    asn_id TEXT NOT NULL DEFAULT '',          -- of a receipt: the notice it is held against
    target TEXT NOT NULL DEFAULT '',          -- the other place, the other store, or the reason of a write-off
    note TEXT NOT NULL DEFAULT '',
    whole INTEGER NOT NULL DEFAULT 0,         -- of a count: what is not found counts as 0
    swept INTEGER NOT NULL DEFAULT 0          -- tags were read into it
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_open ON draft (kind, opened_at_ms) WHERE state = 'open';

CREATE TABLE draft_line (
    draft_id TEXT NOT NULL REFERENCES draft (draft_id) ON DELETE CASCADE,
    line_no INTEGER NOT NULL,
    item_id TEXT NOT NULL,
    batch TEXT NOT NULL DEFAULT '',
    expires TEXT NOT NULL DEFAULT '',
    gtin TEXT NOT NULL,
    quantity_thousandths INTEGER NOT NULL,
    first_base_thousandths INTEGER NOT NULL,
    base_thousandths INTEGER NOT NULL,
    batch_base_thousandths INTEGER NOT NULL DEFAULT 0,
    touched_no INTEGER NOT NULL,
    PRIMARY KEY (draft_id, item_id, batch, expires)
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_line_touched ON draft_line (draft_id, touched_no);

CREATE TABLE draft_command (
    command_id TEXT PRIMARY KEY,
    draft_id TEXT NOT NULL REFERENCES draft (draft_id) ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    added_thousandths INTEGER NOT NULL,
    batch TEXT NOT NULL DEFAULT '',
    expires TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_command_of_draft ON draft_command (draft_id);

INSERT INTO draft (draft_id, kind, place, reference, opened_by, opened_at_ms, state, ended_by, ended_at_ms)
SELECT draft_id, kind, place, reference, opened_by, opened_at_ms, state, ended_by, ended_at_ms FROM old_draft;
INSERT INTO draft_line (draft_id, line_no, item_id, gtin, quantity_thousandths, first_base_thousandths, base_thousandths,
    batch_base_thousandths, touched_no)
SELECT draft_id, line_no, item_id, gtin, quantity_thousandths, first_base_thousandths, base_thousandths, base_thousandths, touched_no
FROM old_draft_line;
INSERT INTO draft_command (command_id, draft_id, item_id, added_thousandths)
SELECT command_id, draft_id, item_id, added_thousandths FROM old_draft_command;
DROP TABLE old_draft_command;
DROP TABLE old_draft_line;
DROP TABLE old_draft;

-- Tags and serial numbers read into a list: each once.
CREATE TABLE draft_piece (
    draft_id TEXT NOT NULL REFERENCES draft (draft_id) ON DELETE CASCADE,
    code TEXT NOT NULL,                       -- EPC URI, or `serial:` and the number
    item_id TEXT NOT NULL,
    batch TEXT NOT NULL,
    expires TEXT NOT NULL,
    PRIMARY KEY (draft_id, code)
) STRICT, WITHOUT ROWID;

-- What came of a notice so far, and whether it is over. Kept after the notice itself has left the feed.
CREATE TABLE notice (
    asn_id TEXT PRIMARY KEY,
    ended_at_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE notice_came (
    asn_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    came_thousandths INTEGER NOT NULL,
    PRIMARY KEY (asn_id, item_id)
) STRICT, WITHOUT ROWID;
