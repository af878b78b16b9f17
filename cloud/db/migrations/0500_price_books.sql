-- Price books: prices of a zone or of one store, for everybody or a customer group, ranked by priority; the append-only log of
-- prices; what goods cost; and per zone the law of comparison prices and the guard rails.

-- `feed_id` says where a book is published and so whose it is: 'zone/north/price' or 'store/S001/price'. The zone's own book
-- ('zone.north') is there as soon as the zone is.
CREATE TABLE price_book (
    book_id        text COLLATE "C" PRIMARY KEY,
    feed_id        text COLLATE "C" NOT NULL,
    name           text NOT NULL,
    zone           text REFERENCES zone,            -- null: of one store
    customer_group text NOT NULL,                   -- '': everybody
    price_kind     text NOT NULL CHECK (price_kind IN ('regular', 'promotion', 'markdown')),
    priority       integer NOT NULL CHECK (priority BETWEEN 0 AND 1000),
    own            boolean NOT NULL DEFAULT false,
    added_by       text NOT NULL,
    added_at_ms    bigint NOT NULL
);
CREATE INDEX price_book_feed ON price_book (feed_id);
SELECT hq_protect('price_book', 'feed');

CREATE FUNCTION hq_own_book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO price_book VALUES ('zone.' || NEW.zone, 'zone/' || NEW.zone || '/price', NEW.zone, NEW.zone, '', 'regular', 0,
                                   true, '', 0)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER zone_own_book AFTER INSERT ON zone FOR EACH ROW EXECUTE FUNCTION hq_own_book();
INSERT INTO price_book
SELECT 'zone.' || zone, 'zone/' || zone || '/price', zone, zone, '', 'regular', 0, true, '', 0 FROM zone;

ALTER TABLE zone
    ADD COLUMN price_law text NOT NULL DEFAULT 'none' CHECK (price_law IN ('none', 'eu', 'cn')),
    ADD COLUMN guard_change_percent integer CHECK (guard_change_percent BETWEEN 1 AND 1000), -- null: no such guard
    ADD COLUMN guard_below_cost boolean NOT NULL DEFAULT false;

-- A price belongs to a book. Zone, group, priority and kind are the book's, said again so that one look finds what is in force:
-- of the rows that cover an instant, the highest (priority, revision).
ALTER TABLE price
    ADD COLUMN book_id text COLLATE "C" REFERENCES price_book,
    ADD COLUMN feed_id text COLLATE "C",
    ADD COLUMN customer_group text NOT NULL DEFAULT '',
    ADD COLUMN price_kind text NOT NULL DEFAULT 'regular',
    ADD COLUMN priority integer NOT NULL DEFAULT 0,
    ADD COLUMN was_minor bigint CHECK (was_minor > 0),
    ADD COLUMN recalled boolean NOT NULL DEFAULT false;  -- withdrawn by a recall: it may have been in force until then
UPDATE price SET book_id = 'zone.' || zone, feed_id = 'zone/' || zone || '/price';
ALTER TABLE price
    ALTER COLUMN book_id SET NOT NULL,
    ALTER COLUMN feed_id SET NOT NULL,
    DROP CONSTRAINT price_pkey,
    ALTER COLUMN zone DROP NOT NULL,
    ADD PRIMARY KEY (book_id, item_id, revision);
CREATE INDEX price_in_zone ON price (zone, item_id, revision);
CREATE INDEX price_in_feed ON price (feed_id, item_id);
DROP INDEX price_item;
CREATE INDEX price_of_item ON price (item_id, revision);
DROP TRIGGER hq_shared ON price;
SELECT hq_protect('price', 'feed');

-- What was said about prices, in the order it was said; never changed.
CREATE TABLE price_event (
    event_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms             bigint NOT NULL,
    what              text NOT NULL CHECK (what IN ('published', 'withdrawn', 'recalled', 'approved')),
    person            text NOT NULL,
    book_id           text COLLATE "C" NOT NULL,
    feed_id           text COLLATE "C" NOT NULL,
    feed_version      bigint,                       -- that carried it; null for what no feed carries
    item_id           text NOT NULL,
    revision          integer NOT NULL,
    price_minor       bigint NOT NULL,
    effective_from_ms bigint NOT NULL,
    effective_to_ms   bigint,
    customer_group    text NOT NULL,
    price_kind        text NOT NULL,
    priority          integer NOT NULL,
    was_minor         bigint,
    reason            text NOT NULL
);
CREATE INDEX price_event_item ON price_event (item_id, feed_id, event_id);
CREATE INDEX price_event_version ON price_event (feed_id, feed_version DESC);
SELECT hq_protect('price_event', 'feed');
REVOKE UPDATE, DELETE ON price_event FROM tallystick_app, tallystick_ingest;

CREATE FUNCTION hq_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is a log: rows are added and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER price_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON price_event
    FOR EACH STATEMENT EXECUTE FUNCTION hq_append_only();

-- What the table of prices tells of the time before the log.
INSERT INTO price_event (at_ms, what, person, book_id, feed_id, feed_version, item_id, revision, price_minor, effective_from_ms,
                         effective_to_ms, customer_group, price_kind, priority, was_minor, reason)
SELECT at_ms, what, person, book_id, feed_id, version, item_id, revision, price_minor, effective_from_ms, effective_to_ms,
       customer_group, price_kind, priority, was_minor, reason
FROM (
    SELECT p.*, changed_at_ms AS at_ms, 'published' AS what, changed_by AS person, feed_version AS version FROM price p
    UNION ALL
    SELECT p.*, withdrawn_at_ms, 'withdrawn', coalesce(withdrawn_by, ''), NULL FROM price p WHERE withdrawn_at_ms IS NOT NULL
) told
ORDER BY at_ms, item_id, revision;

-- What a piece (or a kilogram) costs the chain, net of tax.
CREATE TABLE item_cost (
    item_id       text NOT NULL REFERENCES item,
    currency      text NOT NULL,
    cost_minor    bigint NOT NULL CHECK (cost_minor > 0),
    changed_by    text NOT NULL,
    changed_at_ms bigint NOT NULL,
    PRIMARY KEY (item_id, currency)
);
SELECT hq_protect('item_cost', 'chain');

-- What one piece holds, for the price of a unit.
ALTER TABLE item
    ADD COLUMN content_quantity integer NOT NULL DEFAULT 0 CHECK (content_quantity >= 0),
    ADD COLUMN content_unit text NOT NULL DEFAULT '' CHECK (content_unit IN ('', 'g', 'ml', 'cm', 'pc'));

-- What was really paid for a piece (or a kilogram): the price charged, or less when the line got a discount.
CREATE FUNCTION hq_paid_minor(unit_price_minor bigint, net_minor bigint, quantity bigint, grams bigint, discounts text)
    RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN coalesce(discounts, '[]') = '[]' THEN unit_price_minor
                WHEN coalesce(grams, 0) > 0 THEN least(unit_price_minor, net_minor * 1000 / grams)
                ELSE least(unit_price_minor, net_minor / nullif(quantity, 0)) END;

-- What a sale line would have come to at another price, with the same share of discounts; rounded half away from zero.
CREATE FUNCTION hq_repriced_minor(net_minor bigint, unit_price_minor bigint, price_minor bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN unit_price_minor = 0 THEN net_minor
                ELSE round(net_minor::numeric * price_minor / unit_price_minor)::bigint END;
