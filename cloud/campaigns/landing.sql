-- name: stale
-- Stores whose landing may have moved since it was looked at: new facts, or another word about the feed.
SELECT c.campaign_id, c.store_id, coalesce(i.ingest_rev, 0) AS ingest_rev
FROM campaign_store c
JOIN campaign p USING (campaign_id)
LEFT JOIN store_feed a ON a.store_id = c.store_id AND a.feed_id = c.feed_id
LEFT JOIN LATERAL (SELECT ingest_rev FROM visible_ingest_step WHERE store_id = c.store_id
                   ORDER BY ingest_rev DESC LIMIT 1) i ON true
WHERE (p.state IN ('scheduled', 'running')
       OR (p.state IN ('complete', 'recalled') AND coalesce(p.recalled_at_ms, p.completed_at_ms) > %(watched_since_ms)s))
  AND (c.seen_rev <> coalesce(i.ingest_rev, 0)
       OR (c.received_at_ms IS NULL AND greatest(a.version, a.staged) >= c.version)
       OR (c.applied_at_ms IS NULL AND a.version >= c.version))
ORDER BY c.looked_at_ms, c.campaign_id, c.store_id
LIMIT %(limit)s;

-- name: look
-- Look at one store again. Received and applied keep the time they were first known.
WITH feeds AS (
    SELECT c.campaign_id, c.store_id, c.version, a.version AS held, a.staged, a.reached_at_ms, a.staged_at_ms,
           coalesce(a.epoch = f.epoch, false) AS same_epoch
    FROM campaign_store c
    LEFT JOIN feed f ON f.feed_id = c.feed_id
    LEFT JOIN store_feed a ON a.store_id = c.store_id AND a.feed_id = c.feed_id
    WHERE c.campaign_id = %(campaign_id)s AND c.store_id = %(store_id)s
), told AS (
    SELECT v.at_ms, v.how FROM campaign_store c JOIN feed f USING (feed_id)
    JOIN visible_feed_applied v ON v.store_id = c.store_id AND v.feed_id = c.feed_id AND v.version >= c.version
                               AND v.epoch = f.epoch
    WHERE c.campaign_id = %(campaign_id)s AND c.store_id = %(store_id)s
    ORDER BY v.version, v.at_ms LIMIT 1
), labels AS (
    SELECT count(*)::integer AS label_count, count(*) FILTER (WHERE shows)::integer AS shown_count,
           min(confirmed_at_ms) FILTER (WHERE shows) AS first_ms, max(confirmed_at_ms) FILTER (WHERE shows) AS last_ms
    FROM hq_campaign_labels(%(campaign_id)s, %(store_id)s)
)
UPDATE campaign_store c
SET received_at_ms = coalesce(c.received_at_ms,
                              CASE WHEN feeds.same_epoch AND feeds.held >= feeds.version
                                       THEN least(feeds.reached_at_ms, feeds.staged_at_ms, %(now_ms)s)
                                   WHEN feeds.same_epoch AND feeds.staged >= feeds.version
                                       THEN coalesce(feeds.staged_at_ms, %(now_ms)s)
                                   WHEN told.at_ms IS NOT NULL THEN %(now_ms)s END),
    applied_at_ms = coalesce(c.applied_at_ms, told.at_ms,
                             CASE WHEN feeds.same_epoch AND feeds.held >= feeds.version
                                  THEN coalesce(feeds.reached_at_ms, %(now_ms)s) END),
    applied_how = CASE WHEN told.at_ms IS NOT NULL AND c.applied_how IN ('', 'report') THEN told.how
                       WHEN c.applied_how = '' AND feeds.same_epoch AND feeds.held >= feeds.version THEN 'report'
                       ELSE c.applied_how END,
    label_count = labels.label_count, shown_count = labels.shown_count, first_shown_at_ms = labels.first_ms,
    last_shown_at_ms = labels.last_ms, seen_rev = %(ingest_rev)s, looked_at_ms = %(now_ms)s
FROM feeds LEFT JOIN told ON true CROSS JOIN labels
WHERE c.campaign_id = feeds.campaign_id AND c.store_id = feeds.store_id;

-- name: counts
SELECT count(*)::integer AS store_count, count(applied_at_ms)::integer AS applied_count, count(received_at_ms)::integer AS received_count,
       coalesce(sum(label_count), 0)::integer AS label_count, coalesce(sum(shown_count), 0)::integer AS shown_count
FROM campaign_store WHERE campaign_id = %(campaign_id)s;

-- name: failures
-- Words that keep a ring closed: a store that could not take the prices up.
SELECT 'store ' || c.store_id || ': ' || a.status
FROM campaign_store c JOIN store_feed a ON a.store_id = c.store_id AND a.feed_id = c.feed_id
WHERE c.campaign_id = %(campaign_id)s AND c.applied_at_ms IS NULL AND a.status LIKE 'failed%%'
ORDER BY c.store_id LIMIT 5;

-- name: stores
SELECT c.store_id, s.name, c.zone, c.ring_no, hq_online(x.online, x.heard_at_ms, %(now_ms)s) AS online,
       hq_offline_since(x.online, x.online_changed_at_ms, x.heard_at_ms, %(now_ms)s) AS offline_since_ms,
       c.feed_id, c.version, c.published_at_ms, c.received_at_ms, c.applied_at_ms, c.applied_how, c.label_count, c.shown_count,
       c.first_shown_at_ms, c.last_shown_at_ms,
       CASE WHEN a.status IN ('ok', '') OR c.applied_at_ms IS NOT NULL THEN '' ELSE coalesce(a.status, '') END AS trouble
FROM campaign_store c
JOIN store s USING (store_id)
LEFT JOIN store_contact x USING (store_id)
LEFT JOIN store_feed a ON a.store_id = c.store_id AND a.feed_id = c.feed_id
WHERE c.campaign_id = %(campaign_id)s AND (%(only)s::text IS NULL OR c.store_id = %(only)s)
ORDER BY c.applied_at_ms IS NOT NULL AND c.shown_count >= c.label_count, c.applied_at_ms IS NOT NULL,
         c.label_count - c.shown_count DESC, c.store_id
LIMIT %(limit)s;

-- name: labels
SELECT l.label_id, l.position, l.item_id, coalesce(i.name, '') AS name, coalesce(i.name_zh, '') AS name_zh, l.wanted_revision,
       l.shows, l.price_revision, l.price_minor, l.evidence, l.sent_at_ms, l.confirmed_at_ms
FROM hq_campaign_labels(%(campaign_id)s, %(store_id)s) l LEFT JOIN item i ON i.item_id = l.item_id
WHERE (l.shows::integer, l.position, l.label_id, l.item_id)
      > (%(after_shows)s, %(after_position)s, %(after_label)s, %(after_item)s)
ORDER BY l.shows, l.position, l.label_id, l.item_id
LIMIT %(limit)s;

-- name: stragglers
-- Labels that do not show it, by store and shelf position, with what is known of why: of the stores that lack the most.
SELECT c.store_id, s.name AS store_name, l.label_id, l.position, l.item_id, coalesce(i.name, '') AS name,
       coalesce(i.name_zh, '') AS name_zh, l.price_minor, l.confirmed_at_ms,
       CASE WHEN NOT hq_online(x.online, x.heard_at_ms, %(now_ms)s) THEN 'store_offline'
            WHEN c.applied_at_ms IS NULL AND a.status LIKE 'failed%%' THEN 'store_failed'
            WHEN c.received_at_ms IS NULL THEN 'not_received'
            WHEN c.applied_at_ms IS NULL THEN 'not_applied'
            WHEN p.starts_at_ms > %(now_ms)s AND p.recalled_at_ms IS NULL THEN 'not_started'
            WHEN d.device_id IS NOT NULL THEN 'access_point_down'
            WHEN l.confirmed_at_ms IS NULL THEN 'never_confirmed'
            ELSE 'not_confirmed' END AS why,
       coalesce(d.device_id || ': ' || d.reason, a.status, '') AS detail
FROM (SELECT * FROM campaign_store WHERE campaign_id = %(campaign_id)s AND shown_count < label_count
      ORDER BY label_count - shown_count DESC, store_id LIMIT %(stores)s) c
JOIN campaign p USING (campaign_id)
JOIN store s USING (store_id)
LEFT JOIN store_contact x USING (store_id)
LEFT JOIN store_feed a ON a.store_id = c.store_id AND a.feed_id = c.feed_id
LEFT JOIN LATERAL (
    SELECT device_id, reason
    FROM (SELECT DISTINCT ON (device_id) device_id, state, reason FROM visible_device_state
          WHERE store_id = c.store_id AND device_kind = 'labels'
          ORDER BY device_id, ingest_rev DESC, at_ms DESC) newest
    WHERE state IN ('retrying', 'failed', 'stopped') ORDER BY device_id LIMIT 1
) d ON true
CROSS JOIN LATERAL hq_campaign_labels(c.campaign_id, c.store_id) l
LEFT JOIN item i ON i.item_id = l.item_id
WHERE NOT l.shows
ORDER BY c.store_id, l.position, l.label_id, l.item_id
LIMIT %(limit)s;

-- name: add_tick
INSERT INTO campaign_tick (campaign_id, at_ms, ring_no, store_count, applied_count, label_count, shown_count)
VALUES (%(campaign_id)s, %(at_ms)s, %(ring_no)s, %(store_count)s, %(applied_count)s, %(label_count)s, %(shown_count)s)
ON CONFLICT DO NOTHING;

-- name: forget_ticks
DELETE FROM campaign_tick WHERE campaign_id = %(campaign_id)s AND at_ms IN (
    SELECT at_ms FROM campaign_tick WHERE campaign_id = %(campaign_id)s ORDER BY at_ms DESC OFFSET %(kept)s);

-- name: ticks
SELECT at_ms, ring_no, store_count, applied_count, label_count, shown_count FROM campaign_tick
WHERE campaign_id = %(campaign_id)s ORDER BY at_ms DESC LIMIT %(limit)s;

-- name: active
SELECT campaign_id FROM campaign WHERE state IN ('scheduled', 'running') ORDER BY campaign_id LIMIT 200;

-- name: turn
SELECT pg_try_advisory_xact_lock(hashtextextended('tallystick campaigns', 0));
