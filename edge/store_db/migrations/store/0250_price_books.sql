-- Prices of several books side by side: which book, who pays it, what it is to a customer, what it may be compared with.
ALTER TABLE price ADD COLUMN book_id TEXT NOT NULL DEFAULT '';
ALTER TABLE price ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE price ADD COLUMN customer_group TEXT NOT NULL DEFAULT '';
ALTER TABLE price ADD COLUMN price_kind TEXT NOT NULL DEFAULT 'regular';
ALTER TABLE price ADD COLUMN was_minor INTEGER;

ALTER TABLE item ADD COLUMN content_quantity INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN content_unit TEXT NOT NULL DEFAULT '';

ALTER TABLE zone ADD COLUMN price_law TEXT NOT NULL DEFAULT 'none';
