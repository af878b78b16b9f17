-- What HQ believes stood on the shelves when the store began, and what the store answered. Answered rows stay: they are what makes
-- a row that comes again harmless, however long ago its move was.
CREATE TABLE opening_stock (
    import_id TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    item_id TEXT NOT NULL,
    place TEXT NOT NULL,
    quantity_thousandths INTEGER NOT NULL,
    answer TEXT CHECK (answer IN ('opened', 'refused')),
    PRIMARY KEY (import_id, line_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX opening_stock_waiting ON opening_stock (import_id, line_no) WHERE answer IS NULL;
CREATE INDEX opening_stock_item ON opening_stock (item_id);
