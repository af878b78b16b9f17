-- Orders to single tags: kept before the reader is told, so that one whose end nobody saw is told as unknown. No password is in it.
CREATE TABLE tag_order (
    order_id TEXT PRIMARY KEY,
    device_id TEXT NOT NULL,
    epc TEXT NOT NULL,
    raw BLOB NOT NULL,                        -- the EPC as its tag holds it
    bits INTEGER NOT NULL,
    what TEXT NOT NULL,                       -- read, encode, lock, kill
    new_epc TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,                    -- '': on its way; done, failed, unknown
    fault TEXT NOT NULL,
    words TEXT NOT NULL                       -- what was read, in hexadecimal
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_order_open ON tag_order (at_ms) WHERE outcome = '';
CREATE INDEX tag_order_by_time ON tag_order (at_ms);
