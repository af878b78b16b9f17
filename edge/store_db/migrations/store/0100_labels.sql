-- Shelf labels: what each is bound to, and every image it may be showing.

CREATE TABLE label (
  label_id        TEXT PRIMARY KEY,
  item_id         TEXT,
  access_point    TEXT NOT NULL,
  hardware_type   INTEGER NOT NULL,
  removed         INTEGER NOT NULL DEFAULT 0,
  bound_at_ms     INTEGER NOT NULL,
  wanted_hash     TEXT NOT NULL DEFAULT '',
  wanted_revision INTEGER NOT NULL DEFAULT 0,
  behind_since_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE label_image (
  image_no        INTEGER PRIMARY KEY,
  label_id        TEXT NOT NULL REFERENCES label (label_id),
  item_id         TEXT,
  price_minor     INTEGER,
  price_revision  INTEGER NOT NULL,
  content_hash    TEXT NOT NULL,
  image_hash      TEXT NOT NULL,
  sent_at_ms      INTEGER NOT NULL,
  baseline_count  INTEGER NOT NULL,
  evidence        TEXT,
  confirmed_at_ms INTEGER,
  superseded      INTEGER NOT NULL DEFAULT 0,
  retired         INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX label_image_by_label ON label_image (label_id);
