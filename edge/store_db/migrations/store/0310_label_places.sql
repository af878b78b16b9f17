-- Where labels hang: told by a person, journalled as LabelPlaced.

CREATE TABLE label_place (
  label_id     TEXT PRIMARY KEY,
  aisle        TEXT NOT NULL,
  shelf        INTEGER NOT NULL,
  slot         INTEGER NOT NULL,
  staff_id     TEXT NOT NULL,
  placed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX label_place_by_position ON label_place (aisle, shelf, slot);
