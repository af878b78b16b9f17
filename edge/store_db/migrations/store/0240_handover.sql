-- A database that was not the store's first is owed what its predecessor knew (edge/sync/handover.py). One row: owed, or received.

CREATE TABLE handover (
  incarnation INTEGER PRIMARY KEY,
  done_at_ms  INTEGER
) STRICT;
