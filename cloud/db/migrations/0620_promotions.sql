-- Promotions as headquarters writes them: the draft, what a check found, who approved it, what stands in a zone's feed, and what
-- happened.

CREATE TABLE promotion (
    promotion_id text COLLATE "C" PRIMARY KEY,
    zone text NOT NULL REFERENCES zone,
    state text NOT NULL CHECK (state IN ('draft', 'checked', 'awaiting_approval', 'approved', 'published', 'recalled')),
    revision integer NOT NULL CHECK (revision >= 1), -- of `rule`: the next to be published, or the one that was last
    rule text NOT NULL,                          -- JSON as stores read it (protocols/promotions)
    reason text NOT NULL,
    made_by text NOT NULL,
    made_at_ms bigint NOT NULL,
    authors text[] NOT NULL,                     -- everybody who made or changed this revision: none of them approves it
    changed_at_ms bigint NOT NULL,
    checked_at_ms bigint,
    asked_by text NOT NULL DEFAULT '',
    asked_at_ms bigint,
    decided_by text NOT NULL DEFAULT '',
    decided_at_ms bigint,
    decision_note text NOT NULL DEFAULT ''
);
CREATE INDEX ON promotion (zone, promotion_id);
SELECT hq_protect('promotion', 'shared');

-- What a check of the present draft found. `severity`: 'error' forbids it, 'approve' asks for a second person, 'warning' is shown.
CREATE TABLE promotion_finding (
    promotion_id text COLLATE "C" NOT NULL REFERENCES promotion ON DELETE CASCADE,
    finding_no integer NOT NULL,
    severity text NOT NULL CHECK (severity IN ('error', 'approve', 'warning')),
    code text NOT NULL,
    detail text NOT NULL,                        -- English
    params text NOT NULL,                        -- JSON object of texts and integers
    PRIMARY KEY (promotion_id, finding_no)
);
SELECT hq_protect('promotion_finding', 'shared');

-- What stands in zone/{zone}/promotion. `stores` empty: all of the zone.
CREATE TABLE promotion_placement (
    promotion_id text COLLATE "C" NOT NULL REFERENCES promotion,
    revision integer NOT NULL,
    zone text NOT NULL,
    rule text NOT NULL,
    stores text[] NOT NULL,
    published_ms bigint NOT NULL,
    published_by text NOT NULL,
    PRIMARY KEY (promotion_id, revision)
);
CREATE INDEX ON promotion_placement (zone);
SELECT hq_protect('promotion_placement', 'shared');

CREATE TABLE promotion_event (
    event_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    promotion_id text COLLATE "C" NOT NULL REFERENCES promotion,
    what text NOT NULL CHECK (what IN ('published', 'recalled', 'ended')),
    revision integer NOT NULL,
    stores text[] NOT NULL,
    at_ms bigint NOT NULL,
    person text NOT NULL,
    reason text NOT NULL,
    feed_version bigint NOT NULL
);
CREATE INDEX ON promotion_event (promotion_id, event_no DESC);
SELECT hq_protect('promotion_event', 'shared');
