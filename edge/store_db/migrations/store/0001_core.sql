-- What the box knows of itself and of HQ.
CREATE TABLE sync_identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    store_id TEXT NOT NULL,
    edge_id TEXT NOT NULL,
    db_nonce TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    fence TEXT NOT NULL,
    db_epoch TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT;

-- How often the daemon was started with this file.
CREATE TABLE box (one INTEGER PRIMARY KEY CHECK (one = 1), boots INTEGER NOT NULL) STRICT;

CREATE TABLE journal_stream (
    incarnation INTEGER NOT NULL,
    stream TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    last_hash BLOB NOT NULL,
    acked_upto INTEGER NOT NULL,
    acked_hash BLOB NOT NULL,
    durable_upto INTEGER NOT NULL,
    PRIMARY KEY (incarnation, stream)
) STRICT, WITHOUT ROWID;

-- `position` packs (incarnation, stream, seq) into one integer key, so that a fact is stored once, in order (see journal.py).
CREATE TABLE journal (
    position INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    fact BLOB NOT NULL
) STRICT;

CREATE TABLE feed (
    feed_id TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    version INTEGER NOT NULL,
    state_hash TEXT NOT NULL,
    applied_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_row (
    feed_id TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (feed_id, key)
) STRICT, WITHOUT ROWID;

-- Projections of feed rows.
CREATE TABLE tax_class (tax_class TEXT PRIMARY KEY, name TEXT NOT NULL, rate_bp INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE style (
    style_id TEXT PRIMARY KEY, name TEXT NOT NULL, name_zh TEXT NOT NULL, brand TEXT NOT NULL, category TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
    item_id TEXT PRIMARY KEY,
    style_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    weighed INTEGER NOT NULL,
    tare_grams INTEGER NOT NULL,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE barcode (
    gtin TEXT PRIMARY KEY, item_id TEXT NOT NULL, pack_quantity INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX barcode_of_item ON barcode (item_id);

CREATE TABLE zone (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor_digits INTEGER NOT NULL,
    tax_mode TEXT NOT NULL,
    cash_rounding_minor INTEGER NOT NULL
) STRICT;

CREATE TABLE price (
    item_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    price_minor INTEGER NOT NULL,
    effective_from_ms INTEGER NOT NULL,
    effective_to_ms INTEGER,
    PRIMARY KEY (item_id, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX price_from ON price (effective_from_ms);
CREATE INDEX price_to ON price (effective_to_ms) WHERE effective_to_ms IS NOT NULL;

CREATE TABLE store_setup (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL) STRICT;

CREATE TABLE staff (
    staff_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    pin_hash TEXT NOT NULL,
    rights TEXT NOT NULL,
    language TEXT NOT NULL,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last instant whose prices were in force by a trusted clock: an untrusted clock flips nothing beyond it.
CREATE TABLE price_clock (one INTEGER PRIMARY KEY CHECK (one = 1), trusted_ms INTEGER NOT NULL) STRICT;

-- The till.
CREATE TABLE till (
    till_id TEXT PRIMARY KEY,
    cashier_id TEXT,
    shift_id TEXT,
    last_sale_id TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE shift (
    shift_id TEXT PRIMARY KEY,
    till_id TEXT NOT NULL,
    cashier_id TEXT NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    float_minor INTEGER NOT NULL,
    sale_count INTEGER NOT NULL,
    cash_minor INTEGER NOT NULL,
    closed_at_ms INTEGER,
    counted_minor INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_counter (
    till_id TEXT NOT NULL, incarnation INTEGER NOT NULL, last_number INTEGER NOT NULL, PRIMARY KEY (till_id, incarnation)
) STRICT, WITHOUT ROWID;

CREATE TABLE sale (
    sale_id TEXT PRIMARY KEY,
    command_id TEXT NOT NULL UNIQUE,
    till_id TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    receipt_number INTEGER NOT NULL,
    closed_at_ms INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    due_minor INTEGER NOT NULL,
    tendered_minor INTEGER NOT NULL,
    change_minor INTEGER NOT NULL,
    fact BLOB NOT NULL,
    UNIQUE (till_id, incarnation, receipt_number)
) STRICT, WITHOUT ROWID;

-- Baskets thrown away: like a closed sale, such a basket must not come back after a kill.
CREATE TABLE abandoned_sale (sale_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Answers of commands that changed this file; the command id makes a repeated command harmless.
CREATE TABLE command_answer (
    command_id TEXT PRIMARY KEY, till_id TEXT NOT NULL, at_ms INTEGER NOT NULL, answer BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX command_answer_age ON command_answer (at_ms);

CREATE TABLE print_job (
    job_id TEXT PRIMARY KEY,
    till_id TEXT NOT NULL,
    sale_id TEXT,
    made_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'confirmed', 'unknown')),
    copy INTEGER NOT NULL,
    kick_drawer INTEGER NOT NULL,
    document BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX print_job_of_sale ON print_job (sale_id);
CREATE INDEX print_job_open ON print_job (till_id, made_at_ms) WHERE state IN ('queued', 'sent');

-- Stock: the store is the one writer of its shelves.
CREATE TABLE stock (
    item_id TEXT NOT NULL, place TEXT NOT NULL, on_hand_thousandths INTEGER NOT NULL, PRIMARY KEY (item_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_move (
    move_id TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    item_id TEXT NOT NULL,
    place TEXT NOT NULL,
    quantity_thousandths INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (move_id, line_no)
) STRICT, WITHOUT ROWID;
