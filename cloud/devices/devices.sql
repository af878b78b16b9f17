-- name: list
-- (A filter by region needs one more condition on the store's row here and in `counts`, as for `zone`.)
SELECT d.store_id, s.name AS store_name, s.zone, hq_online(c.online, c.heard_at_ms, %(now_ms)s) AS store_online, d.device_id, d.device_kind, d.state,
       d.rank, d.reason, d.since_ms, d.told_ms
FROM device_current d JOIN store s USING (store_id) LEFT JOIN store_contact c USING (store_id)
WHERE (d.rank, d.since_ms, d.store_id, d.device_id)
      > (%(rank)s::smallint, %(since_ms)s::bigint, %(after_store)s COLLATE "C", %(after_device)s COLLATE "C")
  AND (%(state)s::text IS NULL OR d.state = %(state)s) AND (%(kind)s::text IS NULL OR d.device_kind = %(kind)s)
  AND (%(zone)s::text IS NULL OR s.zone = %(zone)s) AND (%(store_id)s::text IS NULL OR d.store_id = %(store_id)s)
  AND (NOT %(trouble)s OR d.rank <= 2)
ORDER BY d.rank, d.since_ms, d.store_id, d.device_id
LIMIT %(limit)s;

-- name: counts
SELECT d.device_kind, d.state, count(*)::bigint AS devices
FROM store s  -- store by store (OFFSET 0): the scope is looked up once a store and not once a device
CROSS JOIN LATERAL (SELECT k.device_kind, k.state FROM device_current k WHERE k.store_id = s.store_id OFFSET 0) d
WHERE (%(zone)s::text IS NULL OR s.zone = %(zone)s)
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: health
WITH counted AS (
    SELECT device_id, jsonb_object_agg(metric, n) AS counts
    FROM (SELECT t.device_id, t.metric, sum(t.total)::bigint AS n FROM visible_telemetry_1h t
          WHERE t.store_id = %(store_id)s AND t.metric = ANY (%(metrics)s) AND t.bucket_ms >= %(from_ms)s AND t.device_id <> ''
          GROUP BY 1, 2) m
    GROUP BY 1
), failed AS (
    SELECT DISTINCT ON (s.device_id) s.device_id, s.reason, s.at_ms FROM visible_device_state s
    WHERE s.store_id = %(store_id)s AND s.state IN ('failed', 'retrying', 'degraded') AND s.at_ms >= %(from_ms)s
    ORDER BY s.device_id, s.ingest_rev DESC
)
SELECT d.device_id, coalesce(c.counts, '{}') AS counts, coalesce(f.reason, '') AS last_error, coalesce(f.at_ms, 0) AS last_error_at_ms
FROM device_current d LEFT JOIN counted c USING (device_id) LEFT JOIN failed f USING (device_id)
WHERE d.store_id = %(store_id)s ORDER BY d.device_id LIMIT %(limit)s;
