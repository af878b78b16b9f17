-- Open baskets and the answers to the commands that changed them. Not synced per command: see docs/adr/0001.
CREATE TABLE basket (till_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE command_answer (
    command_id TEXT PRIMARY KEY, till_id TEXT NOT NULL, at_ms INTEGER NOT NULL, answer BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX command_answer_age ON command_answer (at_ms);
