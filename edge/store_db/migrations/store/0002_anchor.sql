-- The chain hash at the newest fact of a stream that was deleted: what follows can still be proven and sent.
CREATE TABLE journal_anchor (position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
