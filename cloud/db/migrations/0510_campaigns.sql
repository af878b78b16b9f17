-- Price campaigns: what is wanted, who looked at it, which rings it has reached, and how it lands.

CREATE TABLE campaign (
    campaign_id text COLLATE "C" PRIMARY KEY,    -- UUIDv7: newest last
    name text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'checked', 'awaiting_approval', 'approved', 'scheduled', 'running',
                                         'complete', 'recalled')),
    book_id text COLLATE "C" NOT NULL DEFAULT '', -- the price book it changes; '': the own book of each line's zone
    starts_at_ms bigint,                         -- null: as soon as it is published
    source text NOT NULL,                        -- the file its lines came from, or ''
    made_by text NOT NULL,
    made_at_ms bigint NOT NULL,
    authors text[] NOT NULL,                     -- everybody who made or changed it: none of them approves it
    changed_at_ms bigint NOT NULL,
    checked_at_ms bigint,
    finding_count integer NOT NULL DEFAULT 0,
    asked_by text NOT NULL DEFAULT '',
    asked_at_ms bigint,
    decided_by text NOT NULL DEFAULT '',
    decided_at_ms bigint,
    decision_note text NOT NULL DEFAULT '',
    published_by text NOT NULL DEFAULT '',
    published_at_ms bigint,
    completed_at_ms bigint,
    recalled_by text NOT NULL DEFAULT '',
    recalled_at_ms bigint,
    recall_reason text NOT NULL DEFAULT ''
);
CREATE INDEX ON campaign (campaign_id) WHERE state IN ('scheduled', 'running');
SELECT hq_protect('campaign', 'shared');

CREATE TABLE campaign_line (
    campaign_id text COLLATE "C" NOT NULL REFERENCES campaign ON DELETE CASCADE,
    zone text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,                    -- of the file, the paste or the form
    price_minor bigint NOT NULL,
    to_ms bigint,
    checked boolean NOT NULL DEFAULT false,      -- what follows is as of campaign.checked_at_ms
    before_minor bigint,
    unchanged boolean NOT NULL DEFAULT false,
    PRIMARY KEY (campaign_id, zone, item_id)
);
SELECT hq_protect('campaign_line', 'shared');

-- What a check found worth a second look. Any of them asks for a second person.
CREATE TABLE campaign_finding (
    campaign_id text COLLATE "C" NOT NULL REFERENCES campaign ON DELETE CASCADE,
    finding_no integer NOT NULL,
    zone text NOT NULL,
    item_id text NOT NULL,
    code text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (campaign_id, finding_no)
);
SELECT hq_protect('campaign_finding', 'shared');

-- Where it goes first and next. The last ring is everything: reach 'all'.
CREATE TABLE campaign_ring (
    campaign_id text COLLATE "C" NOT NULL REFERENCES campaign ON DELETE CASCADE,
    ring_no integer NOT NULL,
    name text NOT NULL,
    reach text NOT NULL CHECK (reach IN ('stores', 'regions', 'all')),
    opens text NOT NULL CHECK (opens IN ('hand', 'itself')),
    percent integer NOT NULL CHECK (percent BETWEEN 1 AND 100),   -- of the former ring's landing, before it opens by itself
    minutes integer NOT NULL CHECK (minutes BETWEEN 0 AND 10080), -- for so long
    opened_at_ms bigint,
    opened_by text NOT NULL DEFAULT '',
    ready_since_ms bigint,                       -- since when the former ring has landed far enough
    waits text NOT NULL DEFAULT '',              -- why it does not open by itself
    PRIMARY KEY (campaign_id, ring_no)
);
SELECT hq_protect('campaign_ring', 'shared');

CREATE TABLE campaign_ring_region (
    campaign_id text COLLATE "C" NOT NULL,
    ring_no integer NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (campaign_id, ring_no, region_id),
    FOREIGN KEY (campaign_id, ring_no) REFERENCES campaign_ring ON DELETE CASCADE
);
SELECT hq_protect('campaign_ring_region', 'shared');

CREATE TABLE campaign_ring_store (
    campaign_id text COLLATE "C" NOT NULL,
    ring_no integer NOT NULL,
    store_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (campaign_id, ring_no, store_id),
    FOREIGN KEY (campaign_id, ring_no) REFERENCES campaign_ring ON DELETE CASCADE
);
SELECT hq_protect('campaign_ring_store', 'store');

-- Every price it issued. `book_id` as pricing names it; `feed_id` says whose it is: 'zone/north/price' or 'store/S001/price'.
CREATE TABLE campaign_price (
    campaign_id text COLLATE "C" NOT NULL REFERENCES campaign,
    book_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    zone text COLLATE "C" NOT NULL,
    feed_id text COLLATE "C" NOT NULL,
    ring_no integer NOT NULL,
    revision integer NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false,    -- by the campaign itself: the zone's price took its place, or it was recalled
    PRIMARY KEY (campaign_id, book_id, feed_id, item_id)
);
CREATE INDEX ON campaign_price (campaign_id, feed_id, item_id);
SELECT hq_protect('campaign_price', 'feed');

-- What was published when: a feed's version for a ring (`recall`: the one that took it back).
CREATE TABLE campaign_feed (
    campaign_id text COLLATE "C" NOT NULL REFERENCES campaign,
    feed_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    ring_no integer NOT NULL,
    recall boolean NOT NULL,
    release_id text NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (campaign_id, feed_id, version)
);
SELECT hq_protect('campaign_feed', 'feed');

-- How it lands in each store its rings have reached: kept up by the keeper (cloud/campaigns/keeper.py), never lost with it.
CREATE TABLE campaign_store (
    campaign_id text COLLATE "C" NOT NULL REFERENCES campaign,
    store_id text COLLATE "C" NOT NULL,
    zone text NOT NULL,
    ring_no integer NOT NULL,
    feed_id text NOT NULL,                       -- what it must hold: of its ring, or of the recall
    version bigint NOT NULL,
    published_at_ms bigint NOT NULL,
    received_at_ms bigint,                       -- HQ's clock: the store said that it holds it, in force or back
    applied_at_ms bigint,                        -- the store's clock (its fact FeedApplied), or HQ's when the fact was shed
    applied_how text NOT NULL DEFAULT '',        -- delta, snapshot; report: the store only said so
    label_count integer NOT NULL DEFAULT 0,
    shown_count integer NOT NULL DEFAULT 0,
    first_shown_at_ms bigint,
    last_shown_at_ms bigint,
    seen_rev bigint NOT NULL DEFAULT -1,         -- facts looked at
    looked_at_ms bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (campaign_id, store_id)
);
CREATE INDEX ON campaign_store (store_id);
SELECT hq_protect('campaign_store', 'store');

-- The landing over time, for plots and the time to go. At most one row a few seconds, and only when something moved.
CREATE TABLE campaign_tick (
    campaign_id text COLLATE "C" NOT NULL REFERENCES campaign,
    at_ms bigint NOT NULL,
    ring_no integer NOT NULL,
    store_count integer NOT NULL,
    applied_count integer NOT NULL,
    label_count integer NOT NULL,
    shown_count integer NOT NULL,
    PRIMARY KEY (campaign_id, at_ms)
);
SELECT hq_protect('campaign_tick', 'chain');

-- When a store first said it holds a version, by HQ's clock.
ALTER TABLE store_feed ADD COLUMN reached_at_ms bigint;
ALTER TABLE store_feed ADD COLUMN staged_at_ms bigint;

CREATE INDEX feed_applied_version ON feed_applied (store_id, feed_id, version);
CREATE INDEX label_bound_label ON label_bound (store_id, item_id, label_id);

-- Where a label hangs, as the store told (table label_placed comes with a later migration); '' when nobody said.
CREATE FUNCTION hq_label_position(the_store text, the_label text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    place text;
BEGIN
    IF to_regclass('public.visible_label_placed') IS NOT NULL THEN
        EXECUTE $query$
            SELECT CASE WHEN aisle <> '' THEN format('%s-%s-%s', aisle, lpad(shelf::text, 2, '0'), lpad(slot::text, 3, '0')) END
            FROM visible_label_placed WHERE store_id = $1 AND label_id = $2 ORDER BY ingest_rev DESC, at_ms DESC LIMIT 1
        $query$ INTO place USING the_store, the_label;
    END IF;
    RETURN coalesce(place, '');
END $$;

-- The labels of a store that a campaign is about, each with what it must show at least and what it showed last; a label of
-- several items once an item. After a recall a label `shows` what is wanted when the last price it showed is none of the campaign's.
CREATE FUNCTION hq_campaign_labels(the_campaign text, the_store text)
RETURNS TABLE (label_id text, "position" text, item_id text, wanted_revision integer, shows boolean, price_revision bigint,
               price_minor bigint, evidence text, sent_at_ms bigint, confirmed_at_ms bigint)
LANGUAGE sql STABLE AS $$
    WITH wanted AS MATERIALIZED (
        SELECT p.item_id, min(p.revision) AS revision, array_agg(p.revision::bigint) AS issued
        FROM campaign_store c
        JOIN campaign_price p ON p.campaign_id = c.campaign_id
            AND p.feed_id IN ('zone/' || c.zone || '/price', 'store/' || c.store_id || '/price')
        WHERE c.campaign_id = the_campaign AND c.store_id = the_store
        GROUP BY p.item_id
    ), told AS (
        SELECT DISTINCT ON (t.label_id) t.label_id, t.item_id, t.more
        FROM (SELECT b.label_id, b.item_id, to_jsonb(b) ->> 'more_items' AS more, b.ingest_rev, b.at_ms
              FROM visible_label_bound b WHERE b.store_id = the_store
              UNION ALL
              SELECT r.label_id, NULL, NULL, r.ingest_rev, r.at_ms FROM visible_label_removed r WHERE r.store_id = the_store) t
        ORDER BY t.label_id, t.ingest_rev DESC, t.at_ms DESC, t.item_id NULLS LAST
    ), hanging AS (
        SELECT t.label_id, each.item_id FROM told t
        CROSS JOIN LATERAL (SELECT t.item_id
                            UNION SELECT jsonb_array_elements_text(t.more::jsonb) WHERE t.more LIKE '[%') each
        WHERE each.item_id IS NOT NULL
    )
    SELECT h.label_id, hq_label_position(the_store, h.label_id), h.item_id, w.revision,
           CASE WHEN (SELECT state = 'recalled' FROM campaign WHERE campaign_id = the_campaign)
                THEN l.price_revision IS NULL OR NOT l.price_revision = ANY (w.issued)
                ELSE coalesce(l.price_revision >= w.revision, false) END,
           l.price_revision, l.price_minor, l.evidence, l.sent_at_ms, l.confirmed_at_ms
    FROM hanging h
    JOIN wanted w ON w.item_id = h.item_id
    LEFT JOIN LATERAL (
        SELECT s.price_revision, s.price_minor, s.evidence, s.sent_at_ms, s.confirmed_at_ms FROM visible_label_shown s
        WHERE s.store_id = the_store AND s.item_id = h.item_id AND s.label_id = h.label_id
        ORDER BY s.ingest_rev DESC, s.confirmed_at_ms DESC LIMIT 1
    ) l ON true
$$;
