-- A release may name a version that stands already (or comes in a release of its own): its feeds wait for it, it does not wait
-- for them. So a zone's price may replace prices of many more stores than one manifest can name, and in each store first.
ALTER TABLE release_feed ADD COLUMN member boolean NOT NULL DEFAULT true;
ALTER TABLE release_feed DROP CONSTRAINT release_feed_pkey;
ALTER TABLE release_feed ADD PRIMARY KEY (release_id, feed_id);
CREATE UNIQUE INDEX release_feed_version ON release_feed (feed_id, version) WHERE member;
