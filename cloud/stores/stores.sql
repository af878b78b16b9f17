-- name: add_store
INSERT INTO store (store_id, name, zone, time_zone, receipt_header, receipt_footer, label_dwell_seconds, label_task_hours,
                   added_at_ms, changed_at_ms)
VALUES (%(store_id)s, %(name)s, %(zone)s, %(time_zone)s, %(receipt_header)s, %(receipt_footer)s, %(label_dwell_seconds)s,
        %(label_task_hours)s, %(now_ms)s, %(now_ms)s)
ON CONFLICT (store_id) DO NOTHING;

-- name: change_store
UPDATE store
SET name = %(name)s, zone = %(zone)s, time_zone = %(time_zone)s, receipt_header = %(receipt_header)s,
    receipt_footer = %(receipt_footer)s, label_dwell_seconds = %(label_dwell_seconds)s,
    label_task_hours = %(label_task_hours)s, changed_at_ms = %(now_ms)s
WHERE store_id = %(store_id)s;

-- name: get_store
SELECT store_id, name, zone, time_zone, receipt_header, receipt_footer, label_dwell_seconds, label_task_hours
FROM store WHERE store_id = %(store_id)s;

-- name: lock_store
SELECT store_id, name, zone, time_zone, receipt_header, receipt_footer, label_dwell_seconds, label_task_hours
FROM store WHERE store_id = %(store_id)s FOR UPDATE;

-- name: till_settings
SELECT till_settings FROM store WHERE store_id = %(store_id)s;

-- name: put_till_settings
UPDATE store SET till_settings = %(settings)s, changed_at_ms = %(now_ms)s WHERE store_id = %(store_id)s;

-- name: zones
SELECT zone FROM zone ORDER BY zone;

-- name: notify
SELECT pg_notify(%(channel)s, %(store_id)s);

-- name: list_standing
SELECT s.store_id, s.name, s.zone, s.region_id, s.time_zone, hq_online(c.online, c.heard_at_ms, %(now_ms)s) AS online,
       hq_silent(c.online, c.heard_at_ms, %(now_ms)s) AS silent, coalesce(c.online_changed_at_ms, 0) AS online_changed_at_ms, coalesce(c.heard_at_ms, 0) AS heard_at_ms,
       coalesce(c.reported_at_ms, 0) AS reported_at_ms, coalesce(c.edge_id, '') AS edge_id,
       coalesce(c.incarnation, 0) AS incarnation, coalesce(c.software, '') AS software, coalesce(c.clock, '') AS clock,
       c.clock_ahead_ms, c.certificate_expires_ms, coalesce(c.alarms, '{}') AS alarms,
       coalesce(c.clone_suspected, false) AS clone_suspected, coalesce(c.suspects, '[]') AS suspects
FROM store s LEFT JOIN store_contact c USING (store_id)
WHERE s.store_id > %(after)s AND (%(only)s::text IS NULL OR s.store_id = %(only)s)
  AND (%(region_id)s::text IS NULL OR s.region_id = %(region_id)s)
ORDER BY s.store_id
LIMIT %(limit)s;

-- name: feeds_of
SELECT s.store_id, w.feed_id, coalesce(f.version, 0) AS desired_version, a.version AS applied_version,
       coalesce(f.version, 0) = 0
           OR coalesce(a.epoch = f.epoch AND a.version = f.version AND a.state_hash = f.state_hash, false) AS in_step,
       coalesce(a.status, '') AS status
FROM store s
CROSS JOIN LATERAL unnest(hq_feeds_of(s.store_id, s.zone)) WITH ORDINALITY AS w (feed_id, place)
LEFT JOIN feed f ON f.feed_id = w.feed_id
LEFT JOIN store_feed a ON a.store_id = s.store_id AND a.feed_id = w.feed_id
WHERE s.store_id = ANY (%(store_ids)s)
ORDER BY s.store_id, w.place;

-- name: streams_of
SELECT s.store_id, s.stream, greatest(s.last_seq, j.seq) AS last_seq, greatest(s.acked_upto, j.seq) AS acked_upto, s.durable_upto,
       s.oldest_unacked_age_ms
FROM store_stream s
LEFT JOIN store_contact c USING (store_id)
LEFT JOIN visible_journal_cursor j ON j.store_id = s.store_id AND j.incarnation = c.incarnation AND j.stream = s.stream
WHERE s.store_id = ANY (%(store_ids)s)
ORDER BY s.store_id, s.stream DESC;

-- name: alarms_of
SELECT alarm_id, store_id, code, detail, raised_at_ms
FROM store_alarm WHERE store_id = ANY (%(store_ids)s) AND seen_at_ms IS NULL ORDER BY store_id, alarm_id DESC;

-- name: mark_seen
UPDATE store_alarm SET seen_at_ms = %(now_ms)s, seen_by = %(person)s
WHERE store_id = %(store_id)s AND alarm_id = %(alarm_id)s AND seen_at_ms IS NULL
RETURNING alarm_id, store_id, code, detail, raised_at_ms;

-- name: add_order
INSERT INTO store_order (store_id, kind, boot_id, ordered_at_ms, ordered_by)
VALUES (%(store_id)s, %(kind)s, %(boot_id)s, %(now_ms)s, %(person)s)
RETURNING order_id;

-- name: add_certificate
INSERT INTO store_certificate (serial, store_id, issued_at_ms, expires_at_ms)
VALUES (%(serial)s, %(store_id)s, %(issued_at_ms)s, %(expires_at_ms)s);

-- name: certificates_of
SELECT serial, store_id, issued_at_ms, expires_at_ms, revoked_at_ms, revoked_by, revoked_reason
FROM store_certificate WHERE store_id = %(store_id)s ORDER BY issued_at_ms, serial;

-- name: revoke
UPDATE store_certificate SET revoked_at_ms = %(now_ms)s, revoked_by = %(person)s, revoked_reason = %(reason)s
WHERE store_id = %(store_id)s AND revoked_at_ms IS NULL AND (%(serial)s::text IS NULL OR serial = %(serial)s)
  AND serial <> %(keep)s
RETURNING serial;

-- name: revoked
SELECT serial, revoked_at_ms FROM store_certificate WHERE revoked_at_ms IS NOT NULL ORDER BY serial;

-- name: is_living
SELECT EXISTS (SELECT 1 FROM store_certificate
               WHERE serial = %(serial)s AND store_id = %(store_id)s AND revoked_at_ms IS NULL);

-- name: admitted
SELECT s.store_id, s.zone FROM store s
WHERE EXISTS (SELECT 1 FROM store_certificate c WHERE c.store_id = s.store_id AND c.revoked_at_ms IS NULL)
ORDER BY s.store_id;

-- name: listen
LISTEN tallystick_store;
