-- Items of which more was sold than the store's records had: somebody has to count them. Gone once the balance is not below zero.
CREATE TABLE stock_below_zero (
    item_id TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
