-- name: add
INSERT INTO campaign (campaign_id, name, reason, state, book_id, starts_at_ms, source, made_by, made_at_ms, authors, changed_at_ms)
VALUES (%(campaign_id)s, %(name)s, %(reason)s, 'draft', %(book_id)s, %(starts_at_ms)s, '', %(person)s, %(now_ms)s, ARRAY[%(person)s],
        %(now_ms)s);

-- name: get
SELECT campaign_id, name, reason, state, book_id, starts_at_ms, source, made_by, made_at_ms, authors, changed_at_ms, checked_at_ms,
       finding_count, asked_by, asked_at_ms, decided_by, decided_at_ms, decision_note, published_by, published_at_ms,
       completed_at_ms, recalled_by, recalled_at_ms, recall_reason,
       (SELECT count(*)::integer FROM campaign_line l WHERE l.campaign_id = c.campaign_id) AS line_count
FROM campaign c WHERE campaign_id = %(campaign_id)s;

-- name: lock
SELECT 1 FROM campaign WHERE campaign_id = %(campaign_id)s FOR UPDATE;

-- name: list
SELECT campaign_id, name, reason, state, book_id, starts_at_ms, source, made_by, made_at_ms, authors, changed_at_ms, checked_at_ms,
       finding_count, asked_by, asked_at_ms, decided_by, decided_at_ms, decision_note, published_by, published_at_ms,
       completed_at_ms, recalled_by, recalled_at_ms, recall_reason,
       (SELECT count(*)::integer FROM campaign_line l WHERE l.campaign_id = c.campaign_id) AS line_count
FROM campaign c
WHERE (%(before)s = '' OR campaign_id < %(before)s)
ORDER BY campaign_id DESC
LIMIT %(limit)s;

-- name: change
UPDATE campaign
SET name = %(name)s, reason = %(reason)s, book_id = %(book_id)s, starts_at_ms = %(starts_at_ms)s, state = 'draft', changed_at_ms = %(now_ms)s,
    authors = CASE WHEN %(person)s = ANY (authors) THEN authors ELSE authors || %(person)s::text END,
    checked_at_ms = NULL, finding_count = 0, asked_by = '', asked_at_ms = NULL, decided_by = '', decided_at_ms = NULL,
    decision_note = ''
WHERE campaign_id = %(campaign_id)s;

-- name: back_to_draft
UPDATE campaign
SET source = %(source)s, state = 'draft', changed_at_ms = %(now_ms)s,
    authors = CASE WHEN %(person)s = ANY (authors) THEN authors ELSE authors || %(person)s::text END,
    checked_at_ms = NULL, finding_count = 0, asked_by = '', asked_at_ms = NULL, decided_by = '', decided_at_ms = NULL,
    decision_note = ''
WHERE campaign_id = %(campaign_id)s;

-- name: remove
DELETE FROM campaign WHERE campaign_id = %(campaign_id)s;

-- name: forget_lines
DELETE FROM campaign_line WHERE campaign_id = %(campaign_id)s;

-- name: add_lines
INSERT INTO campaign_line (campaign_id, zone, item_id, line_no, price_minor, to_ms)
SELECT %(campaign_id)s, * FROM unnest(%(zones)s::text[], %(item_ids)s::text[], %(line_nos)s::integer[], %(prices)s::bigint[],
                                      %(tos)s::bigint[]);

-- name: lines
SELECT line_no, zone, item_id, price_minor, to_ms FROM campaign_line WHERE campaign_id = %(campaign_id)s ORDER BY zone, item_id;

-- name: known_items
SELECT item_id FROM item WHERE item_id = ANY (%(item_ids)s);

-- name: known_zones
SELECT zone FROM zone;

-- name: page_of_lines
SELECT l.line_no, l.zone, z.currency, z.minor_digits, l.item_id, coalesce(i.name, '') AS name, coalesce(i.name_zh, '') AS name_zh,
       coalesce(i.weighed, false) AS weighed, l.price_minor, l.to_ms, l.checked, l.before_minor, l.unchanged,
       coalesce((SELECT array_agg(DISTINCT f.code ORDER BY f.code) FROM campaign_finding f
                 WHERE f.campaign_id = l.campaign_id AND f.zone = l.zone AND f.item_id = l.item_id), '{}') AS findings
FROM campaign_line l
JOIN zone z ON z.zone = l.zone
LEFT JOIN item i ON i.item_id = l.item_id
WHERE l.campaign_id = %(campaign_id)s AND (l.zone, l.item_id) > (%(after_zone)s, %(after_item)s)
  AND (NOT %(odd)s OR EXISTS (SELECT 1 FROM campaign_finding f
                              WHERE f.campaign_id = l.campaign_id AND f.zone = l.zone AND f.item_id = l.item_id))
ORDER BY l.zone, l.item_id
LIMIT %(limit)s;

-- name: line_counts
SELECT count(*) FILTER (WHERE NOT unchanged)::integer AS changing, count(*) FILTER (WHERE unchanged)::integer AS unchanged,
       count(*) FILTER (WHERE NOT unchanged AND price_minor > before_minor)::integer AS rises,
       count(*) FILTER (WHERE NOT unchanged AND price_minor < before_minor)::integer AS cuts,
       count(*) FILTER (WHERE NOT unchanged AND before_minor IS NULL)::integer AS first_prices,
       coalesce(array_agg(DISTINCT zone ORDER BY zone), '{}') AS zones
FROM campaign_line WHERE campaign_id = %(campaign_id)s;

-- name: note_checked_lines
UPDATE campaign_line l SET checked = true, before_minor = c.before_minor, unchanged = c.unchanged
FROM unnest(%(item_ids)s::text[], %(befores)s::bigint[], %(unchanged)s::boolean[]) AS c (item_id, before_minor, unchanged)
WHERE l.campaign_id = %(campaign_id)s AND l.zone = %(zone)s AND l.item_id = c.item_id;

-- name: checked_lines
SELECT zone, item_id, before_minor, unchanged FROM campaign_line WHERE campaign_id = %(campaign_id)s;

-- name: note_checked
UPDATE campaign
SET state = 'checked', checked_at_ms = %(now_ms)s, finding_count = %(findings)s, asked_by = '', asked_at_ms = NULL,
    decided_by = '', decided_at_ms = NULL, decision_note = ''
WHERE campaign_id = %(campaign_id)s;

-- name: forget_findings
DELETE FROM campaign_finding WHERE campaign_id = %(campaign_id)s;

-- name: add_findings
INSERT INTO campaign_finding (campaign_id, finding_no, zone, item_id, code, detail)
SELECT %(campaign_id)s, number, zone, item_id, code, detail
FROM unnest(%(zones)s::text[], %(item_ids)s::text[], %(codes)s::text[], %(details)s::text[])
     WITH ORDINALITY AS f (zone, item_id, code, detail, number);

-- name: findings
SELECT zone, item_id, code, detail FROM campaign_finding WHERE campaign_id = %(campaign_id)s ORDER BY finding_no LIMIT %(limit)s;

-- name: ask
UPDATE campaign SET state = 'awaiting_approval', asked_by = %(person)s, asked_at_ms = %(now_ms)s WHERE campaign_id = %(campaign_id)s;

-- name: decide
UPDATE campaign SET state = %(state)s, decided_by = %(person)s, decided_at_ms = %(now_ms)s, decision_note = %(note)s
WHERE campaign_id = %(campaign_id)s;

-- name: published
UPDATE campaign SET state = %(state)s, published_by = %(person)s, published_at_ms = %(now_ms)s WHERE campaign_id = %(campaign_id)s;

-- name: set_state
UPDATE campaign SET state = %(state)s, completed_at_ms = CASE WHEN %(state)s = 'complete' THEN %(now_ms)s ELSE completed_at_ms END
WHERE campaign_id = %(campaign_id)s;

-- name: recalled
UPDATE campaign SET state = 'recalled', recalled_by = %(person)s, recalled_at_ms = %(now_ms)s, recall_reason = %(reason)s
WHERE campaign_id = %(campaign_id)s;

-- name: forget_rings
DELETE FROM campaign_ring WHERE campaign_id = %(campaign_id)s;

-- name: add_ring
INSERT INTO campaign_ring (campaign_id, ring_no, name, reach, opens, percent, minutes)
VALUES (%(campaign_id)s, %(ring_no)s, %(name)s, %(reach)s, %(opens)s, %(percent)s, %(minutes)s);

-- name: add_ring_regions
INSERT INTO campaign_ring_region SELECT %(campaign_id)s, %(ring_no)s, unnest(%(regions)s::text[]);

-- name: add_ring_stores
INSERT INTO campaign_ring_store SELECT %(campaign_id)s, %(ring_no)s, unnest(%(stores)s::text[]);

-- name: unknown_stores
SELECT wanted FROM unnest(%(stores)s::text[]) AS w (wanted)
WHERE NOT EXISTS (SELECT 1 FROM store WHERE store_id = w.wanted) ORDER BY wanted;

-- name: unknown_regions
SELECT wanted FROM unnest(%(regions)s::text[]) AS w (wanted)
WHERE NOT EXISTS (SELECT 1 FROM region WHERE region_id = w.wanted) ORDER BY wanted;

-- name: rings
SELECT ring_no, name, reach, opens, percent, minutes, opened_at_ms, opened_by, ready_since_ms, waits
FROM campaign_ring WHERE campaign_id = %(campaign_id)s ORDER BY ring_no;

-- name: ring_members
-- Only stores and regions within the reader's scope: both tables are protected.
SELECT r.ring_no,
       coalesce((SELECT array_agg(m.store_id ORDER BY m.store_id) FROM campaign_ring_store m JOIN store USING (store_id)
                 WHERE m.campaign_id = r.campaign_id AND m.ring_no = r.ring_no), '{}') AS stores,
       coalesce((SELECT array_agg(m.region_id ORDER BY m.region_id) FROM campaign_ring_region m JOIN region USING (region_id)
                 WHERE m.campaign_id = r.campaign_id AND m.ring_no = r.ring_no), '{}') AS regions
FROM campaign_ring r WHERE r.campaign_id = %(campaign_id)s ORDER BY r.ring_no;

-- name: stores_of_ring
-- The stores a ring reaches that no former ring has: those it names, of its regions, or all; in zones the campaign has prices for.
SELECT s.store_id, s.zone
FROM campaign_ring r
JOIN store s ON r.reach = 'all'
             OR EXISTS (SELECT 1 FROM campaign_ring_region m
                        WHERE m.campaign_id = r.campaign_id AND m.ring_no = r.ring_no AND m.region_id = s.region_id)
             OR EXISTS (SELECT 1 FROM campaign_ring_store m
                        WHERE m.campaign_id = r.campaign_id AND m.ring_no = r.ring_no AND m.store_id = s.store_id)
WHERE r.campaign_id = %(campaign_id)s AND r.ring_no = %(ring_no)s
  AND s.zone IN (SELECT zone FROM campaign_line WHERE campaign_id = r.campaign_id AND NOT unchanged)
  AND NOT EXISTS (SELECT 1 FROM campaign_store c WHERE c.campaign_id = r.campaign_id AND c.store_id = s.store_id)
ORDER BY s.store_id;

-- name: open_ring
UPDATE campaign_ring SET opened_at_ms = %(now_ms)s, opened_by = %(person)s, ready_since_ms = NULL, waits = ''
WHERE campaign_id = %(campaign_id)s AND ring_no = %(ring_no)s;

-- name: note_waits
UPDATE campaign_ring SET ready_since_ms = %(ready_since_ms)s, waits = %(waits)s
WHERE campaign_id = %(campaign_id)s AND ring_no = %(ring_no)s;

-- name: add_prices
INSERT INTO campaign_price (campaign_id, book_id, item_id, zone, feed_id, ring_no, revision)
SELECT %(campaign_id)s, %(book_id)s, item_id, %(zone)s,
       CASE %(store_id)s::text WHEN '' THEN 'zone/' || %(zone)s || '/price' ELSE 'store/' || %(store_id)s || '/price' END,
       %(ring_no)s, revision
FROM unnest(%(item_ids)s::text[], %(revisions)s::integer[]) AS p (item_id, revision);

-- name: issued
SELECT book_id, zone, CASE WHEN feed_id LIKE 'store/%%' THEN split_part(feed_id, '/', 2) ELSE '' END AS store_id, item_id, revision
FROM campaign_price
WHERE campaign_id = %(campaign_id)s AND NOT withdrawn AND (NOT %(of_stores)s OR feed_id LIKE 'store/%%')
ORDER BY book_id, item_id;

-- name: withdraw
UPDATE campaign_price SET withdrawn = true
WHERE campaign_id = %(campaign_id)s AND NOT withdrawn AND (NOT %(of_stores)s OR feed_id LIKE 'store/%%');

-- name: add_feed
INSERT INTO campaign_feed (campaign_id, feed_id, version, ring_no, recall, release_id, at_ms)
VALUES (%(campaign_id)s, %(feed_id)s, %(version)s, %(ring_no)s, %(recall)s, %(release_id)s, %(now_ms)s);

-- name: publications
SELECT ring_no, recall, at_ms, min(release_id) AS release_id, count(*)::integer AS feed_count
FROM campaign_feed WHERE campaign_id = %(campaign_id)s
GROUP BY ring_no, recall, at_ms ORDER BY at_ms, ring_no;

-- name: put_stores
-- What each store must hold now, and everything learnt of it before is of another version.
INSERT INTO campaign_store (campaign_id, store_id, zone, ring_no, feed_id, version, published_at_ms)
SELECT %(campaign_id)s, store_id, zone, %(ring_no)s, feed_id, version, %(now_ms)s
FROM unnest(%(store_ids)s::text[], %(zones)s::text[], %(feed_ids)s::text[], %(versions)s::bigint[])
     AS s (store_id, zone, feed_id, version)
ON CONFLICT (campaign_id, store_id) DO UPDATE
SET feed_id = excluded.feed_id, version = excluded.version, published_at_ms = excluded.published_at_ms, received_at_ms = NULL,
    applied_at_ms = NULL, applied_how = '', shown_count = 0, first_shown_at_ms = NULL, last_shown_at_ms = NULL, seen_rev = -1;

-- name: stores_reached
SELECT store_id, zone, ring_no FROM campaign_store WHERE campaign_id = %(campaign_id)s ORDER BY store_id;
