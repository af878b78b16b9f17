-- Imports: files people bring, what was wrong with them, and what they became. Sales history and opening stock.

-- One row a file. `content` and `plan` go when the import is applied or too old; what it did stays for ever.
CREATE TABLE import_file (
    import_id text COLLATE "C" PRIMARY KEY,          -- UUIDv7: the order of upload
    kind text NOT NULL,
    file_name text NOT NULL,
    sha256 text NOT NULL,
    size_bytes integer NOT NULL,
    choices text NOT NULL,                           -- JSON of cloud.imports.domain.Choices
    content bytea,
    state text NOT NULL CHECK (state IN ('waiting', 'checking', 'refused', 'ready', 'applied', 'undone')),
    check_id text NOT NULL DEFAULT '',               -- who checks it now: an older check that comes late is void
    beat_ms bigint NOT NULL DEFAULT 0,               -- when the check last said that it lives
    lines_read integer NOT NULL DEFAULT 0,
    report text NOT NULL DEFAULT '',                 -- JSON of cloud.imports.domain.Report
    plan bytea,                                      -- what the kind needs to apply it
    outcome text NOT NULL DEFAULT '',                -- JSON of cloud.imports.domain.Outcome
    uploaded_by text NOT NULL,
    uploaded_at_ms bigint NOT NULL,
    checked_at_ms bigint,
    applied_by text NOT NULL DEFAULT '',
    applied_at_ms bigint,
    undone_by text NOT NULL DEFAULT '',
    undone_at_ms bigint
);
ALTER TABLE import_file ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX import_file_sha ON import_file (sha256, kind) WHERE state = 'applied';
CREATE INDEX import_file_open ON import_file (uploaded_at_ms) WHERE content IS NOT NULL;
SELECT hq_protect('import_file', 'chain');

CREATE TABLE import_problem (
    import_id text COLLATE "C" NOT NULL REFERENCES import_file ON DELETE CASCADE,
    n integer NOT NULL,
    line_no integer NOT NULL,
    column_name text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('error', 'warning')),
    problem text NOT NULL,
    remedy text NOT NULL,
    PRIMARY KEY (import_id, n)
);
SELECT hq_protect('import_problem', 'chain');

-- What stores sold before their facts came here: totals of a day and item. Never mixed with `sale`; reports show the source.
CREATE TABLE sales_history (
    store_id text COLLATE "C" NOT NULL,
    business_date date NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    net_minor bigint NOT NULL,                       -- what customers paid, as sale_line.net_minor
    currency text NOT NULL,
    receipt_count integer,                           -- null: the file did not say
    import_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (store_id, business_date, item_id)
);
CREATE INDEX sales_history_import ON sales_history (import_id);
SELECT hq_protect('sales_history', 'store');

-- Opening stock as it was sent to stores. The store decides (it is the one writer of its shelves) and answers line by line:
-- with a stock move of the id in `move_id`, or with a refusal.
CREATE TABLE opening_stock (
    import_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    store_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    move_id text COLLATE "C" NOT NULL,
    retired boolean NOT NULL DEFAULT false,          -- answered, and taken out of the store's feed again
    PRIMARY KEY (store_id, import_id, line_no)
);
CREATE INDEX opening_stock_import ON opening_stock (import_id, line_no);
CREATE INDEX opening_stock_item ON opening_stock (store_id, item_id, place);
CREATE INDEX opening_stock_open ON opening_stock (store_id) WHERE NOT retired;
SELECT hq_protect('opening_stock', 'store');

CREATE TABLE opening_refused (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    import_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
CREATE INDEX opening_refused_import ON opening_refused (store_id, import_id, line_no);
SELECT hq_protect('opening_refused', 'ingest');
CREATE VIEW visible_opening_refused WITH (security_barrier) AS SELECT * FROM opening_refused
    WHERE (SELECT hq_all()) OR store_id = ANY ((SELECT hq_stores())::text[]);
GRANT SELECT ON visible_opening_refused TO tallystick_app, tallystick_ingest;

-- Stores that exist already follow a feed of opening stock too, empty until something is sent.
INSERT INTO feed (feed_id, epoch, state_hash)
SELECT 'store/' || store_id || '/opening-stock', (SELECT feed_epoch FROM hq_state), repeat('0', 64) FROM store
ON CONFLICT (feed_id) DO NOTHING;
