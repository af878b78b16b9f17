-- Where each tag in the store stands. `place` is that of its spot, `book_place` where the book has it; '' while nobody can say.
-- `gone` = 1: it departed (and is forgotten after a while).
CREATE TABLE tag_presence (
    raw BLOB NOT NULL,                        -- the EPC as its tag holds it
    bits INTEGER NOT NULL,
    epc TEXT NOT NULL,                        -- EPC URI
    gtin TEXT NOT NULL,
    item_id TEXT NOT NULL,                    -- '' while no item of the catalogue has the GTIN
    spot TEXT NOT NULL,
    place TEXT NOT NULL,
    book_place TEXT NOT NULL,
    arrived_ms INTEGER NOT NULL,
    moved_ms INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    PRIMARY KEY (raw, bits)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_presence_of_item ON tag_presence (item_id);
CREATE INDEX tag_presence_by_epc ON tag_presence (epc);
CREATE INDEX tag_presence_astray ON tag_presence (moved_ms) WHERE place <> book_place AND gone = 0;
CREATE INDEX tag_presence_gone ON tag_presence (moved_ms) WHERE gone = 1;

-- What allows a tag to leave, or forbids it again: the sale record's word, never an antenna's.
CREATE TABLE tag_fate (
    epc TEXT PRIMARY KEY,
    fate TEXT NOT NULL CHECK (fate IN ('sold', 'returned', 'passed', 'sent', 'brought')),
    reference TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_fate_by_time ON tag_fate (at_ms);

-- Pieces that were sold without their tags being read: so many of an item may leave until then.
CREATE TABLE tag_allowance (
    sale_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    pieces INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (sale_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_allowance_of_item ON tag_allowance (item_id, until_ms);

-- The exits of the store's settings: without one no allowance is kept.
CREATE TABLE gate_watch (gate_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- What went out unpaid. `told` = 0: its fact waits for what else goes out with it. `outcome` '': open.
CREATE TABLE gate_alarm (
    alarm_id TEXT PRIMARY KEY,
    gate_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    siren INTEGER NOT NULL,
    told INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    ended_ms INTEGER NOT NULL,
    staff_id TEXT NOT NULL,
    sale_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gate_alarm_by_time ON gate_alarm (at_ms);
CREATE INDEX gate_alarm_open ON gate_alarm (at_ms) WHERE outcome = '';

CREATE TABLE gate_alarm_line (
    alarm_id TEXT NOT NULL REFERENCES gate_alarm (alarm_id) ON DELETE CASCADE,
    epc TEXT NOT NULL,
    gtin TEXT NOT NULL,
    item_id TEXT NOT NULL,
    sale_id TEXT NOT NULL,                    -- '' while no sale covers it
    PRIMARY KEY (alarm_id, epc)
) STRICT, WITHOUT ROWID;
CREATE INDEX gate_alarm_line_of_epc ON gate_alarm_line (epc);

-- Pieces taken into fitting rooms. `left_ms` 0: still there. `outcome` '': nobody knows yet. A visit is told when all its
-- pieces have left and their outcomes are known, and then deleted after a while.
CREATE TABLE fitting_piece (
    session_id TEXT NOT NULL,
    epc TEXT NOT NULL,
    entered_ms INTEGER NOT NULL,
    raw BLOB NOT NULL,
    bits INTEGER NOT NULL,
    gtin TEXT NOT NULL,
    item_id TEXT NOT NULL,
    room TEXT NOT NULL,
    left_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    told INTEGER NOT NULL,
    PRIMARY KEY (session_id, epc, entered_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX fitting_piece_untold ON fitting_piece (room, session_id) WHERE told = 0;
CREATE INDEX fitting_piece_by_time ON fitting_piece (entered_ms);
