-- The chain hash at the newest fact of a stream that was deleted: what follows can still be proven and sent.
CREATE TABLE journal_anchor (position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;

-- When the box heard that HQ holds a stream durably up to a fact: facts may be deleted some time after that, not after they
-- were decided (a box that was offline for a month must keep what HQ has only just got).
CREATE TABLE journal_durable (
    incarnation INTEGER NOT NULL,
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    heard_at_ms INTEGER NOT NULL,
    PRIMARY KEY (incarnation, stream, seq)
) STRICT, WITHOUT ROWID;
