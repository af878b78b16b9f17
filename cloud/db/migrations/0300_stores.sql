-- Stores: what HQ decides about each (store, store_certificate, store_order), and what HQ hears from each (store_contact,
-- store_stream, store_feed, store_alarm: written by ingest from hellos, reports, births and last wills).

CREATE TABLE store (
    store_id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    zone text NOT NULL,
    time_zone text NOT NULL,
    receipt_header text[] NOT NULL DEFAULT '{}',
    receipt_footer text[] NOT NULL DEFAULT '{}',
    label_dwell_seconds integer NOT NULL DEFAULT 60,
    label_task_hours integer NOT NULL DEFAULT 4,
    added_at_ms bigint NOT NULL,
    changed_at_ms bigint NOT NULL
);
SELECT hq_protect('store', 'store');

-- Every certificate HQ's authority ever gave a store. `serial`: hexadecimal, small letters, no leading zero.
CREATE TABLE store_certificate (
    serial text COLLATE "C" PRIMARY KEY,
    store_id text COLLATE "C" NOT NULL REFERENCES store,
    issued_at_ms bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    revoked_at_ms bigint,
    revoked_by text NOT NULL DEFAULT '',
    revoked_reason text NOT NULL DEFAULT ''
);
CREATE INDEX ON store_certificate (store_id);
CREATE INDEX ON store_certificate (serial) WHERE revoked_at_ms IS NOT NULL;
SELECT hq_protect('store_certificate', 'store');

-- What an operator orders and ingest carries out: `choose_box` (after a clone alarm), `new_incarnation` (a damaged journal).
CREATE TABLE store_order (
    order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id text COLLATE "C" NOT NULL REFERENCES store,
    kind text NOT NULL CHECK (kind IN ('choose_box', 'new_incarnation')),
    boot_id text NOT NULL DEFAULT '',
    ordered_at_ms bigint NOT NULL,
    ordered_by text NOT NULL,
    done_at_ms bigint,
    outcome text NOT NULL DEFAULT ''
);
CREATE INDEX ON store_order (order_id) WHERE done_at_ms IS NULL;
SELECT hq_protect('store_order', 'store');

-- One row a store once it was heard of.
CREATE TABLE store_contact (
    store_id text COLLATE "C" PRIMARY KEY REFERENCES store,
    online boolean NOT NULL DEFAULT false,
    online_changed_at_ms bigint NOT NULL DEFAULT 0,
    presence bytea,                           -- protocols.sync.presence.Presence as JSON
    heard_at_ms bigint NOT NULL DEFAULT 0,    -- HQ's clock at the last hello, report or batch
    reported_at_ms bigint NOT NULL DEFAULT 0, -- HQ's clock at the last hello or report: what the columns below are as of
    edge_id text NOT NULL DEFAULT '',
    hardware text NOT NULL DEFAULT '',
    boot_id text NOT NULL DEFAULT '',
    incarnation bigint NOT NULL DEFAULT 0,
    software text NOT NULL DEFAULT '',
    config_hash text NOT NULL DEFAULT '',
    clock text NOT NULL DEFAULT 'unsynced',
    clock_ahead_ms bigint,                    -- store's wall clock minus HQ's
    certificate_expires_ms bigint,
    alarms text[] NOT NULL DEFAULT '{}',      -- as the store reports them
    clone_suspected boolean NOT NULL DEFAULT false,
    suspects jsonb NOT NULL DEFAULT '[]'      -- protocols.sync.hq_record.Suspect as JSON, while a clone is suspected
);
SELECT hq_protect('store_contact', 'store');

-- Each journal stream as the store reported it.
CREATE TABLE store_stream (
    store_id text COLLATE "C" NOT NULL REFERENCES store,
    stream text NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    acked_upto bigint NOT NULL,
    durable_upto bigint NOT NULL,
    oldest_unacked_age_ms bigint,             -- at `store_contact.reported_at_ms`; null when all is acknowledged
    PRIMARY KEY (store_id, stream)
);
SELECT hq_protect('store_stream', 'store');

-- Each feed as the store holds it (applied); what it should hold (desired) is table feed.
CREATE TABLE store_feed (
    store_id text COLLATE "C" NOT NULL REFERENCES store,
    feed_id text COLLATE "C" NOT NULL,
    epoch text NOT NULL,
    version bigint NOT NULL,
    state_hash text NOT NULL,
    status text NOT NULL,
    PRIMARY KEY (store_id, feed_id)
);
SELECT hq_protect('store_feed', 'store');

-- Alarms HQ raised itself: clone_suspected, new_incarnation, hq_was_restored, facts_lost.
CREATE TABLE store_alarm (
    alarm_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id text COLLATE "C" NOT NULL REFERENCES store,
    code text NOT NULL,
    detail text NOT NULL DEFAULT '',
    raised_at_ms bigint NOT NULL,
    seen_at_ms bigint,
    seen_by text NOT NULL DEFAULT ''
);
CREATE INDEX ON store_alarm (store_id, alarm_id) WHERE seen_at_ms IS NULL;
SELECT hq_protect('store_alarm', 'store');
