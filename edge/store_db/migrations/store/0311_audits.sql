-- Price checks: a sample drawn from a seed, and what a person read on the shelf against the till.

CREATE TABLE audit (
  audit_id     TEXT PRIMARY KEY,
  how          TEXT NOT NULL,
  scope        TEXT NOT NULL,
  seed         TEXT NOT NULL,
  population   INTEGER NOT NULL,
  currency     TEXT NOT NULL,
  opened_by    TEXT NOT NULL,
  opened_at_ms INTEGER NOT NULL,
  state        TEXT NOT NULL,
  ended_by     TEXT NOT NULL DEFAULT '',
  ended_at_ms  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_line (
  audit_id       TEXT NOT NULL REFERENCES audit (audit_id) ON DELETE CASCADE,
  line_no        INTEGER NOT NULL,
  item_id        TEXT NOT NULL,
  label_id       TEXT NOT NULL,
  stratum        TEXT NOT NULL,
  aisle          TEXT NOT NULL,
  shelf          INTEGER NOT NULL,
  slot           INTEGER NOT NULL,
  sampled        INTEGER NOT NULL,
  promotion      INTEGER NOT NULL,
  finding        TEXT NOT NULL,
  seen_minor     INTEGER,
  till_minor     INTEGER,
  price_revision INTEGER NOT NULL,
  at_ms          INTEGER NOT NULL,
  check_id       TEXT NOT NULL,
  PRIMARY KEY (audit_id, line_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_state ON audit (state, opened_at_ms);
