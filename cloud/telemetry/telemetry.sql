-- name: prepare
SELECT hq_telemetry_prepare(%(now_ms)s);

-- name: keep
SELECT hq_telemetry_keep(%(now_ms)s, %(raw)s, %(five_minutes)s, %(hours)s, %(days)s);

-- name: policy
SELECT tier FROM telemetry_policy;

-- name: found_tier
SELECT hq_telemetry_tier();

-- name: alone
SELECT pg_try_advisory_xact_lock(4200421);

-- name: take_dirty
DELETE FROM telemetry_dirty
WHERE ctid = ANY (ARRAY(SELECT ctid FROM telemetry_dirty LIMIT %(limit)s))
RETURNING store_id, bucket_ms;

-- name: latest
INSERT INTO telemetry_latest (store_id, metric, at_ms, value)
SELECT DISTINCT ON (m.store_id, m.metric) m.store_id, m.metric, m.at_ms, m.value
FROM unnest(%(store_ids)s::text[], %(buckets)s::bigint[]) AS t (store_id, bucket_ms)
JOIN measurement m ON m.store_id = t.store_id AND m.at_ms >= t.bucket_ms AND m.at_ms < t.bucket_ms + 300000
WHERE m.at_ms >= %(from_ms)s AND m.at_ms < %(to_ms)s AND m.device_id = '' AND m.metric = ANY (%(metrics)s)
ORDER BY m.store_id, m.metric, m.at_ms DESC, m.ingest_rev DESC
ON CONFLICT (store_id, metric) DO UPDATE SET at_ms = excluded.at_ms, value = excluded.value
WHERE telemetry_latest.at_ms <= excluded.at_ms;

-- name: roll_5m
INSERT INTO telemetry_5m (store_id, device_id, metric, bucket_ms, n, low, high, total, last_value, last_ms)
SELECT m.store_id, m.device_id, m.metric, t.bucket_ms, count(*), min(m.value), max(m.value), sum(m.value),
       (array_agg(m.value ORDER BY m.at_ms DESC, m.ingest_rev DESC, m.value DESC))[1], max(m.at_ms)
FROM unnest(%(store_ids)s::text[], %(buckets)s::bigint[]) AS t (store_id, bucket_ms)
JOIN measurement m ON m.store_id = t.store_id AND m.at_ms >= t.bucket_ms AND m.at_ms < t.bucket_ms + 300000
WHERE m.at_ms >= %(from_ms)s AND m.at_ms < %(to_ms)s
GROUP BY 1, 2, 3, 4
ON CONFLICT (store_id, device_id, metric, bucket_ms) DO UPDATE
SET n = excluded.n, low = excluded.low, high = excluded.high, total = excluded.total, last_value = excluded.last_value,
    last_ms = excluded.last_ms;

-- name: roll_up
INSERT INTO {coarse} (store_id, device_id, metric, bucket_ms, n, low, high, total, last_value, last_ms)
SELECT f.store_id, f.device_id, f.metric, t.bucket_ms, sum(f.n)::bigint, min(f.low), max(f.high), sum(f.total),
       (array_agg(f.last_value ORDER BY f.last_ms DESC))[1], max(f.last_ms)
FROM unnest(%(store_ids)s::text[], %(buckets)s::bigint[]) AS t (store_id, bucket_ms)
JOIN {fine} f ON f.store_id = t.store_id AND f.bucket_ms >= t.bucket_ms AND f.bucket_ms < t.bucket_ms + %(width_ms)s
WHERE f.bucket_ms >= %(from_ms)s AND f.bucket_ms < %(to_ms)s
GROUP BY 1, 2, 3, 4
ON CONFLICT (store_id, device_id, metric, bucket_ms) DO UPDATE
SET n = excluded.n, low = excluded.low, high = excluded.high, total = excluded.total, last_value = excluded.last_value,
    last_ms = excluded.last_ms;

-- name: dirty_count
SELECT count(*) FROM telemetry_dirty;

-- name: names
SELECT DISTINCT device_id, metric FROM visible_telemetry_1h
WHERE store_id = %(store_id)s AND bucket_ms >= %(from_ms)s
ORDER BY device_id, metric LIMIT %(limit)s;

-- name: points
SELECT bucket_ms, n, low, high, total, last_value FROM {table}
WHERE store_id = %(store_id)s AND device_id = %(device_id)s AND metric = %(metric)s
  AND bucket_ms >= %(from_ms)s AND bucket_ms < %(to_ms)s
ORDER BY bucket_ms;

-- name: raw_points
SELECT at_ms / %(step_ms)s * %(step_ms)s AS bucket_ms, count(*), min(value), max(value), sum(value),
       (array_agg(value ORDER BY at_ms DESC, ingest_rev DESC, value DESC))[1]
FROM visible_measurement
WHERE store_id = %(store_id)s AND device_id = %(device_id)s AND metric = %(metric)s
  AND at_ms >= %(from_ms)s AND at_ms < %(to_ms)s
GROUP BY 1 ORDER BY 1;
