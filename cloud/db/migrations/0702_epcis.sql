-- EPCIS 2.0: events of our own stores and of partners, and capture jobs.

-- `store_id` is '' for an event that names no store of ours: for people of the whole chain.
CREATE TABLE epcis_event (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    place bigint GENERATED ALWAYS AS IDENTITY,   -- order of recording: pages go by it
    recorded_ms bigint NOT NULL,
    event_ms bigint NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    biz_step text COLLATE "C" NOT NULL,
    disposition text COLLATE "C" NOT NULL,
    read_point text COLLATE "C" NOT NULL,
    biz_location text COLLATE "C" NOT NULL,
    epcs text[] NOT NULL,                        -- of epcList and childEPCs: MATCH_epc
    any_epcs text[] NOT NULL,                    -- the parent, inputs, outputs and classes as well: MATCH_anyEPC
    is_error boolean NOT NULL,                   -- declares the event of that id a mistake
    captured boolean NOT NULL,                   -- a partner brought it; otherwise made of a store's fact
    body text NOT NULL,                          -- the event as JSON
    context text NOT NULL DEFAULT '{}',          -- prefixes its document declared, as a JSON object
    PRIMARY KEY (store_id, event_id, is_error)
);
CREATE UNIQUE INDEX epcis_event_place ON epcis_event (place);
CREATE INDEX epcis_event_id ON epcis_event (event_id);
CREATE INDEX epcis_event_time ON epcis_event (event_ms, place);
CREATE INDEX epcis_event_step ON epcis_event (biz_step, event_ms);
CREATE INDEX epcis_event_epcs ON epcis_event USING gin (any_epcs);
SELECT hq_protect('epcis_event', 'store');

CREATE TABLE epcis_capture (
    capture_id text COLLATE "C" PRIMARY KEY,
    behaviour text COLLATE "C" NOT NULL,         -- rollback, proceed
    created_ms bigint NOT NULL,
    finished_ms bigint,
    success boolean NOT NULL DEFAULT false,
    events integer NOT NULL DEFAULT 0,
    errors text NOT NULL DEFAULT '[]',           -- JSON array of problems (RFC 9457)
    added_by text NOT NULL
);
SELECT hq_protect('epcis_capture', 'chain');

CREATE TABLE epcis_query (
    name text COLLATE "C" PRIMARY KEY,
    query text NOT NULL,                         -- JSON object of query parameters
    created_ms bigint NOT NULL,
    added_by text NOT NULL
);
SELECT hq_protect('epcis_query', 'chain');
