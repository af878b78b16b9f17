-- name: stores
SELECT store_id, name, zone, time_zone, online, heard_at_ms, offline_since_ms, silent, oldest_waiting_ms, feeds_behind, feeds_failed,
       (SELECT count(*)::bigint FROM device_current k WHERE k.store_id = page.store_id) AS devices, devices_down, devices_degraded, device_names, labels_unshown, alarms, box_alarms, clone_suspected, clock,
       clock_ahead_ms, certificate_expires_ms, software, score
FROM (
SELECT * FROM ({scored}) scored
WHERE (-score, store_id) > (%(after_score)s, %(after_store)s COLLATE "C")
  AND (%(find)s::text IS NULL OR strpos(lower(name || ' ' || store_id || ' ' || zone), %(find)s) > 0)
ORDER BY -score, store_id
LIMIT %(limit)s
) page
ORDER BY -score, store_id;

-- name: totals
SELECT count(*)::bigint AS stores, count(*) FILTER (WHERE online)::bigint AS online,
       count(*) FILTER (WHERE offline_since_ms IS NOT NULL)::bigint AS offline,
       count(*) FILTER (WHERE score >= %(bad_from)s)::bigint AS bad,
       count(*) FILTER (WHERE score >= %(attention_from)s AND score < %(bad_from)s)::bigint AS attention,
       count(*) FILTER (WHERE feeds_behind > 0)::bigint AS behind,
       count(*) FILTER (WHERE oldest_waiting_ms >= %(old_fact_ms)s)::bigint AS waiting,
       max(oldest_waiting_ms) AS oldest_waiting_ms,
       coalesce(sum(cardinality(alarms) + cardinality(box_alarms)), 0)::bigint AS alarms,
       coalesce(sum(devices_down), 0)::bigint AS devices_down,
       coalesce(sum(labels_unshown), 0)::bigint AS labels_unshown
FROM ({scored}) scored;

-- Every store with its score. One pass over each small table; the scope of the caller holds inside (row-level security).
-- name: scored
SELECT g.*,
       CASE WHEN clone_suspected THEN %(clone)s ELSE 0 END
     + CASE WHEN offline_since_ms IS NOT NULL
            THEN %(offline)s + least((%(now_ms)s::bigint - offline_since_ms) / 60000, 90000) ELSE 0 END
     + CASE WHEN certificate_expires_ms <= %(now_ms)s THEN %(certificate_ended)s
            WHEN certificate_expires_ms <= %(now_ms)s::bigint + %(certificate_soon_ms)s THEN %(certificate_soon)s ELSE 0 END
     + CASE WHEN cardinality(alarms) + cardinality(box_alarms) > 0
            THEN %(alarms)s + 500 * least(cardinality(alarms) + cardinality(box_alarms), 90) ELSE 0 END
     + CASE WHEN oldest_waiting_ms >= %(old_fact_ms)s
            THEN %(waiting)s + least(oldest_waiting_ms / %(old_fact_ms)s, 20000) ELSE 0 END
     + CASE WHEN devices_down > 0 THEN %(devices_down)s + 100 * least(devices_down, 90) ELSE 0 END
     + CASE WHEN labels_unshown > 0 THEN %(labels_unshown)s + least(labels_unshown, 9000) ELSE 0 END
     + CASE WHEN clock = 'unsynced' AND heard_at_ms > 0 OR abs(clock_ahead_ms) > %(clock_off_ms)s THEN %(clock)s ELSE 0 END
     + CASE WHEN devices_degraded > 0 THEN %(devices_degraded)s + 20 * least(devices_degraded, 90) ELSE 0 END
     + CASE WHEN heard_at_ms > 0 AND feeds_behind > 0
            THEN %(behind)s + least(feeds_behind, 800) + CASE WHEN feeds_failed > 0 THEN 800 ELSE 0 END ELSE 0 END
     AS score
FROM (
    SELECT s.store_id, s.name, s.zone, s.time_zone, hq_online(c.online, c.heard_at_ms, %(now_ms)s) AS online, coalesce(c.heard_at_ms, 0) AS heard_at_ms,
           hq_offline_since(c.online, c.online_changed_at_ms, c.heard_at_ms, %(now_ms)s) AS offline_since_ms,
           hq_silent(c.online, c.heard_at_ms, %(now_ms)s) AS silent,
           w.oldest_waiting_ms, coalesce(f.behind, 0) AS feeds_behind, coalesce(f.failed, 0) AS feeds_failed,
           coalesce(d.down, 0) AS devices_down, coalesce(d.degraded, 0) AS devices_degraded,
           coalesce(d.names, '{{}}') AS device_names, coalesce(l.value, 0)::bigint AS labels_unshown,
           coalesce(a.codes, '{{}}') AS alarms, coalesce(c.alarms, '{{}}') AS box_alarms,
           coalesce(c.clone_suspected, false) AS clone_suspected, coalesce(c.clock, '') AS clock, c.clock_ahead_ms,
           c.certificate_expires_ms, coalesce(c.software, '') AS software
    FROM store s
    LEFT JOIN store_contact c USING (store_id)
    LEFT JOIN (
        SELECT t.store_id, max(t.oldest_unacked_age_ms + greatest(0, %(now_ms)s::bigint - o.reported_at_ms)) AS oldest_waiting_ms
        FROM store_stream t JOIN store_contact o USING (store_id)
        LEFT JOIN visible_journal_cursor j ON j.store_id = t.store_id AND j.incarnation = o.incarnation AND j.stream = t.stream
        WHERE t.stream <> 'bulk' AND t.oldest_unacked_age_ms IS NOT NULL
          AND greatest(t.acked_upto, coalesce(j.seq, 0)) < t.last_seq
        GROUP BY 1
    ) w USING (store_id)
    LEFT JOIN (
        SELECT y.store_id, sum(greatest(1, coalesce(e.version, 0) - coalesce(h.version, 0)))::bigint AS behind,
               count(*) FILTER (WHERE h.status LIKE 'failed%%')::bigint AS failed
        FROM store y
        CROSS JOIN LATERAL unnest(hq_feeds_of(y.store_id, y.zone)) AS v (feed_id)
        LEFT JOIN feed e ON e.feed_id = v.feed_id
        LEFT JOIN store_feed h ON h.store_id = y.store_id AND h.feed_id = v.feed_id
        WHERE e.version > 0 AND NOT coalesce(h.epoch = e.epoch AND h.version = e.version AND h.state_hash = e.state_hash, false)
        GROUP BY 1
    ) f USING (store_id)
    LEFT JOIN (
        SELECT store_id, count(*) FILTER (WHERE rank <= 1)::bigint AS down, count(*) FILTER (WHERE rank = 2)::bigint AS degraded,
               (array_agg(device_id ORDER BY rank, since_ms))[1:5] AS names
        FROM device_current WHERE rank <= 2 GROUP BY 1
    ) d USING (store_id)
    LEFT JOIN (
        SELECT store_id, array_agg(code ORDER BY alarm_id DESC) AS codes FROM store_alarm WHERE seen_at_ms IS NULL GROUP BY 1
    ) a USING (store_id)
    LEFT JOIN telemetry_latest l ON l.store_id = s.store_id AND l.metric = 'labels_unshown'
    WHERE (%(zone)s::text IS NULL OR s.zone = %(zone)s) AND (%(region_id)s::text IS NULL OR s.region_id = %(region_id)s)
) g

-- name: sales
-- Every store asked for that is in the caller's scope, also one without a sale: then the hour is null.
SELECT s.store_id, h.hour_ms, coalesce(h.sales, 0) AS sales
FROM store s
LEFT JOIN (
    SELECT store_id, at_ms / 3600000 * 3600000 AS hour_ms, sum(sale_count)::bigint AS sales
    FROM visible_ingest_step
    WHERE store_id = ANY (%(store_ids)s) AND at_ms >= %(from_ms)s AND sale_count > 0
    GROUP BY 1, 2
) h USING (store_id)
WHERE s.store_id = ANY (%(store_ids)s)
ORDER BY 1, 2;
