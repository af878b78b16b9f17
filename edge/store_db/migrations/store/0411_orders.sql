-- Orders made online that are handed over here. `taken_by`: the till whose basket it is in.
CREATE TABLE pickup_order (
    order_id TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    taken_by TEXT
) STRICT, WITHOUT ROWID;
