-- Releases: versions of several feeds that stores take up together (docs/protocol.md, Releases).

CREATE TABLE release (
    release_id text COLLATE "C" PRIMARY KEY,
    what text NOT NULL,
    published_at_ms bigint NOT NULL,
    published_by text NOT NULL,
    effective_at_ms bigint                    -- null: at once
);
CREATE INDEX ON release (published_at_ms DESC, release_id);
SELECT hq_protect('release', 'shared');

CREATE TABLE release_feed (
    release_id text COLLATE "C" NOT NULL REFERENCES release,
    feed_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (feed_id, version)
);
CREATE INDEX ON release_feed (release_id);
SELECT hq_protect('release_feed', 'shared');

-- The highest version a store received and holds back for a release, 0 when there is none.
ALTER TABLE store_feed ADD COLUMN staged bigint NOT NULL DEFAULT 0;
