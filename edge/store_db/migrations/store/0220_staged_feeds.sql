-- Versions of feeds that were received and verified, and wait for the rest of their release (docs/protocol.md, Releases).
-- `n` keeps the order of arrival within a feed. `delta`: its bytes as published; NULL: `file` in the staging folder is a snapshot.
CREATE TABLE feed_staged (
    n INTEGER PRIMARY KEY,
    feed_id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    version INTEGER NOT NULL,
    state_hash TEXT NOT NULL,
    release BLOB,
    delta BLOB,
    file TEXT,
    UNIQUE (feed_id, version),
    CHECK ((delta IS NULL) <> (file IS NULL))
) STRICT;
