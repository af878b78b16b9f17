-- The acquirer's files, to hold payments of tills against; and a window on the journal as it came, for reports added up anew.
CREATE TABLE acquirer_file (
    store_id text COLLATE "C" NOT NULL REFERENCES store,
    file_id text COLLATE "C" NOT NULL,        -- SHA-256 of the file: the same file is taken once
    name text NOT NULL,
    line_count integer NOT NULL,
    added_at_ms bigint NOT NULL,
    added_by text NOT NULL,
    PRIMARY KEY (store_id, file_id)
);
SELECT hq_protect('acquirer_file', 'store');

CREATE TABLE acquirer_line (
    store_id text COLLATE "C" NOT NULL,
    file_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    reference text NOT NULL,
    attempt_id text COLLATE "C" NOT NULL,
    method text NOT NULL,
    amount_minor bigint NOT NULL,             -- negative: given back
    currency text NOT NULL,
    at_ms bigint NOT NULL,
    card_tail text NOT NULL,
    terminal_id text NOT NULL,
    PRIMARY KEY (store_id, file_id, line_no),
    FOREIGN KEY (store_id, file_id) REFERENCES acquirer_file ON DELETE CASCADE
);
CREATE INDEX ON acquirer_line (store_id, at_ms);
SELECT hq_protect('acquirer_line', 'store');

CREATE INDEX tender_attempt ON tender (store_id, attempt_id) WHERE attempt_id <> '';
CREATE INDEX return_tender_attempt ON return_tender (store_id, attempt_id) WHERE attempt_id <> '';
CREATE INDEX journal_batch_rev ON journal_batch (store_id, ingest_rev);

DO $$
BEGIN
    EXECUTE format('CREATE VIEW visible_journal_batch WITH (security_barrier) AS SELECT * FROM journal_batch WHERE %s',
                   hq_store_rule());
    GRANT SELECT ON visible_journal_batch TO tallystick_app, tallystick_ingest;
END $$;
