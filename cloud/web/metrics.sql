-- name: stores
SELECT count(*)::bigint, count(*) FILTER (WHERE hq_online(c.online, c.heard_at_ms, %(now_ms)s))::bigint,
       count(*) FILTER (WHERE hq_offline_since(c.online, 0, c.heard_at_ms, %(now_ms)s) IS NOT NULL)::bigint
FROM store s LEFT JOIN store_contact c USING (store_id);

-- name: devices
SELECT state, count(*)::bigint FROM device_current GROUP BY 1 ORDER BY 1;

-- name: quarantine
SELECT count(*)::bigint FROM visible_fact_quarantine WHERE projected_at_ms IS NULL;

-- name: alarms
SELECT count(*)::bigint FROM store_alarm WHERE seen_at_ms IS NULL;

-- name: feeds
SELECT split_part(feed_id, '/', CASE WHEN feed_id LIKE 'global/%%' THEN 2 ELSE 3 END) AS kind, count(*)::bigint, sum(version)::bigint
FROM feed GROUP BY 1 ORDER BY 1 LIMIT 32;
