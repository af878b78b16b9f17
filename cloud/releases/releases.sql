-- name: list_releases
SELECT release_id, what, published_at_ms, published_by, effective_at_ms
FROM release
WHERE %(before_ms)s::bigint IS NULL OR (published_at_ms, release_id) < (%(before_ms)s, %(before_id)s)
ORDER BY published_at_ms DESC, release_id DESC
LIMIT %(limit)s;

-- name: get_release
SELECT release_id, what, published_at_ms, published_by, effective_at_ms FROM release WHERE release_id = %(release_id)s;

-- name: feeds_of_release
SELECT feed_id, version FROM release_feed WHERE release_id = %(release_id)s ORDER BY feed_id;

-- name: standing
-- How each store in scope that follows any of the release's feeds stands to it; the furthest behind first.
SELECT s.store_id, s.name, hq_online(c.online, c.heard_at_ms, %(now_ms)s) AS online, coalesce(c.heard_at_ms, 0) AS heard_at_ms,
       CASE WHEN bool_and(coalesce(a.epoch = f.epoch AND a.version >= m.version, false)) THEN 'applied'
            WHEN bool_or(coalesce(a.status LIKE 'failed:%%', false)) THEN 'failed'
            WHEN bool_and(coalesce(a.epoch = f.epoch AND greatest(a.version, a.staged) >= m.version, false)) THEN 'staged'
            ELSE 'published' END AS state,
       coalesce(string_agg(m.feed_id || ': ' || a.status, '; ' ORDER BY m.feed_id)
                FILTER (WHERE a.status NOT IN ('ok', '') AND NOT (a.epoch = f.epoch AND a.version >= m.version)), '') AS reason
FROM release_feed m
JOIN feed f ON f.feed_id = m.feed_id
JOIN store s ON m.feed_id = ANY (hq_feeds_of(s.store_id, s.zone))
LEFT JOIN store_contact c ON c.store_id = s.store_id
LEFT JOIN store_feed a ON a.store_id = s.store_id AND a.feed_id = m.feed_id
WHERE m.release_id = %(release_id)s
GROUP BY s.store_id, s.name, c.online, c.heard_at_ms
ORDER BY s.store_id;
