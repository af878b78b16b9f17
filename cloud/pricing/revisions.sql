-- name: lock_prices
-- Serialise price changes of the whole chain until the transaction ends: a revision number is unique over all books.
SELECT pg_advisory_xact_lock(hashtextextended('tallystick prices', 0));

-- name: books
SELECT book_id, feed_id, name, zone, customer_group, price_kind, priority, own FROM price_book ORDER BY NOT own, book_id;

-- name: get_book
SELECT book_id, feed_id, name, zone, customer_group, price_kind, priority, own FROM price_book WHERE book_id = %(book_id)s;

-- name: add_book
INSERT INTO price_book (book_id, feed_id, name, zone, customer_group, price_kind, priority, own, added_by, added_at_ms)
VALUES (%(book_id)s, %(feed_id)s, %(name)s, %(zone)s, %(customer_group)s, %(price_kind)s, %(priority)s, false, %(person)s,
        %(now_ms)s)
ON CONFLICT DO NOTHING;

-- name: is_store
SELECT 1 FROM store WHERE store_id = %(store_id)s;

-- name: is_zone
SELECT 1 FROM zone WHERE zone = %(zone)s;

-- name: known_items
SELECT item_id FROM item WHERE item_id = ANY (%(item_ids)s);

-- name: open_revisions
SELECT item_id, revision, price_minor, effective_from_ms, effective_to_ms, reason, was_minor
FROM price
WHERE book_id = %(book_id)s AND item_id = ANY (%(item_ids)s) AND in_feed
ORDER BY item_id, revision;

-- name: standing_revisions
SELECT item_id, revision, price_minor, effective_from_ms, effective_to_ms, reason, was_minor
FROM price
WHERE book_id = %(book_id)s AND item_id = ANY (%(item_ids)s) AND withdrawn_at_ms IS NULL
ORDER BY item_id, revision;

-- name: highest_revisions
SELECT item_id, max(revision) FROM price WHERE item_id = ANY (%(item_ids)s) GROUP BY item_id;

-- name: highest_in_book
SELECT item_id, max(revision) FROM price WHERE book_id = %(book_id)s AND item_id = ANY (%(item_ids)s) GROUP BY item_id;

-- name: book_of_revision
SELECT book_id FROM price WHERE zone = %(zone)s AND item_id = %(item_id)s AND revision = %(revision)s AND in_feed;

-- name: add_revisions
WITH added AS (
    INSERT INTO price (book_id, feed_id, zone, customer_group, price_kind, priority, item_id, revision, price_minor,
                       effective_from_ms, effective_to_ms, reason, was_minor, changed_by, changed_at_ms, feed_version)
    SELECT %(book_id)s, %(feed_id)s, %(zone)s, %(customer_group)s, %(price_kind)s, %(priority)s, item_id, revision, price_minor,
           from_ms, to_ms, reason, was_minor, %(person)s, %(now_ms)s, %(feed_version)s
    FROM unnest(%(item_ids)s::text[], %(revisions)s::integer[], %(prices)s::bigint[], %(froms)s::bigint[], %(tos)s::bigint[],
                %(reasons)s::text[], %(weres)s::bigint[])
         AS rows (item_id, revision, price_minor, from_ms, to_ms, reason, was_minor)
    RETURNING *
)
INSERT INTO price_event (at_ms, what, person, book_id, feed_id, feed_version, item_id, revision, price_minor, effective_from_ms,
                         effective_to_ms, customer_group, price_kind, priority, was_minor, reason)
SELECT changed_at_ms, 'published', changed_by, book_id, feed_id, feed_version, item_id, revision, price_minor, effective_from_ms,
       effective_to_ms, customer_group, price_kind, priority, was_minor, reason
FROM added ORDER BY item_id, revision;

-- name: withdraw
WITH gone AS (
    UPDATE price p
    SET in_feed = false, withdrawn_at_ms = %(now_ms)s, withdrawn_by = %(person)s, recalled = (%(what)s = 'recalled')
    FROM unnest(%(item_ids)s::text[], %(revisions)s::integer[]) AS w (item_id, revision)
    WHERE p.book_id = %(book_id)s AND p.item_id = w.item_id AND p.revision = w.revision AND p.in_feed
    RETURNING p.*
)
INSERT INTO price_event (at_ms, what, person, book_id, feed_id, feed_version, item_id, revision, price_minor, effective_from_ms,
                         effective_to_ms, customer_group, price_kind, priority, was_minor, reason)
SELECT %(now_ms)s, %(what)s, %(person)s, book_id, feed_id, %(feed_version)s, item_id, revision, price_minor, effective_from_ms,
       effective_to_ms, customer_group, price_kind, priority, was_minor, reason
FROM gone ORDER BY item_id, revision;

-- name: approve
INSERT INTO price_event (at_ms, what, person, book_id, feed_id, feed_version, item_id, revision, price_minor, effective_from_ms,
                         effective_to_ms, customer_group, price_kind, priority, was_minor, reason)
SELECT %(now_ms)s, 'approved', %(person)s, book_id, feed_id, feed_version, p.item_id, p.revision, price_minor, effective_from_ms,
       effective_to_ms, customer_group, price_kind, priority, was_minor, %(reason)s
FROM price p JOIN unnest(%(item_ids)s::text[], %(revisions)s::integer[]) AS w (item_id, revision) USING (item_id, revision)
WHERE p.book_id = %(book_id)s
ORDER BY p.item_id, p.revision;

-- name: set_in_feed
UPDATE price p SET in_feed = %(in_feed)s
FROM unnest(%(item_ids)s::text[], %(revisions)s::integer[]) AS w (item_id, revision)
WHERE p.book_id = %(book_id)s AND p.item_id = w.item_id AND p.revision = w.revision;
