-- Every bundle of promotions that was in use here, as long as a sale priced with it may come back (edge/promotions/kept.py).

CREATE TABLE promotion_bundle (
  hash         TEXT PRIMARY KEY,
  promotions   INTEGER NOT NULL,
  canonical    BLOB NOT NULL,
  since_ms     INTEGER NOT NULL,
  until_ms     INTEGER                -- null: in use
) STRICT;

CREATE INDEX promotion_bundle_by_end ON promotion_bundle (until_ms);
