-- name: lock_stores
SELECT x.store_id, x.record, x.last_rev, s.zone, c.presence
FROM store_session x JOIN store s USING (store_id) LEFT JOIN store_contact c USING (store_id)
WHERE x.store_id = ANY (%(store_ids)s)
ORDER BY x.store_id
FOR UPDATE OF x;

-- name: known_stores
SELECT store_id FROM store WHERE store_id = ANY (%(store_ids)s);

-- name: add_sessions
INSERT INTO store_session (store_id, record)
SELECT store_id, record FROM unnest(%(store_ids)s::text[], %(records)s::bytea[]) AS new (store_id, record)
ORDER BY store_id
ON CONFLICT (store_id) DO NOTHING;

-- name: cursors
SELECT store_id, incarnation, stream, seq, hash, durable_seq FROM journal_cursor WHERE store_id = ANY (%(store_ids)s);

-- name: move_cursors
INSERT INTO journal_cursor (store_id, incarnation, stream, seq, hash)
SELECT * FROM unnest(%(store_ids)s::text[], %(incarnations)s::bigint[], %(streams)s::text[], %(seqs)s::bigint[],
                     %(hashes)s::bytea[])
ON CONFLICT (store_id, incarnation, stream) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;

-- name: save_sessions
UPDATE store_session x SET record = n.record, last_rev = n.last_rev
FROM unnest(%(store_ids)s::text[], %(records)s::bytea[], %(revs)s::bigint[]) AS n (store_id, record, last_rev)
WHERE x.store_id = n.store_id;

-- name: add_batches
INSERT INTO journal_batch (store_id, incarnation, stream, first_seq, to_seq, gap_from, gap_reason, ingest_rev, payload)
SELECT * FROM unnest(%(store_ids)s::text[], %(incarnations)s::bigint[], %(streams)s::text[], %(first_seqs)s::bigint[],
                     %(to_seqs)s::bigint[], %(gap_froms)s::bigint[], %(gap_reasons)s::text[], %(revs)s::bigint[],
                     %(payloads)s::bytea[]);

-- name: add_steps
INSERT INTO ingest_step (store_id, ingest_rev, at_ms, fact_count, sale_count)
SELECT store_id, ingest_rev, %(at_ms)s, fact_count, sale_count
FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[], %(facts)s::integer[], %(sales)s::integer[])
    AS n (store_id, ingest_rev, fact_count, sale_count);

-- name: quarantine
INSERT INTO fact_quarantine (store_id, incarnation, stream, seq, kind, reason, fact, at_ms)
SELECT store_id, incarnation, stream, seq, kind, reason, fact, %(at_ms)s
FROM unnest(%(store_ids)s::text[], %(incarnations)s::bigint[], %(streams)s::text[], %(seqs)s::bigint[], %(kinds)s::text[],
            %(reasons)s::text[], %(facts)s::bytea[]) AS n (store_id, incarnation, stream, seq, kind, reason, fact);

-- name: known_keys
SELECT t.store_id, t.{key}, t.event_id
FROM unnest(%(store_ids)s::text[], %(keys)s::text[]) AS n (store_id, key)
JOIN {table} t ON t.store_id = n.store_id AND t.{key} = n.key;

-- name: copy
COPY {table} ({columns}) FROM STDIN WITH (FORMAT text, NULL E'\x01');

-- name: raise_alarms
INSERT INTO store_alarm (store_id, code, detail, raised_at_ms)
SELECT DISTINCT n.store_id, n.code, n.detail, %(now_ms)s::bigint
FROM unnest(%(store_ids)s::text[], %(codes)s::text[], %(details)s::text[]) AS n (store_id, code, detail)
WHERE NOT EXISTS (SELECT 1 FROM store_alarm a
                  WHERE a.store_id = n.store_id AND a.code = n.code AND a.detail = n.detail AND a.seen_at_ms IS NULL)
  AND (SELECT count(*) FROM store_alarm a WHERE a.store_id = n.store_id AND a.seen_at_ms IS NULL) < %(unseen_max)s;

-- name: heard
INSERT INTO store_contact (store_id, heard_at_ms)
SELECT store_id, %(now_ms)s FROM unnest(%(store_ids)s::text[]) AS n (store_id) ORDER BY store_id
ON CONFLICT (store_id) DO UPDATE SET heard_at_ms = excluded.heard_at_ms
WHERE store_contact.heard_at_ms < excluded.heard_at_ms - %(grain_ms)s;

-- name: presence
INSERT INTO store_contact (store_id, online, online_changed_at_ms, presence, heard_at_ms)
VALUES (%(store_id)s, %(online)s, %(now_ms)s, %(presence)s, CASE WHEN %(online)s THEN %(now_ms)s ELSE 0 END)
ON CONFLICT (store_id) DO UPDATE
SET online_changed_at_ms = CASE WHEN store_contact.online = excluded.online THEN store_contact.online_changed_at_ms
                                ELSE excluded.online_changed_at_ms END,
    online = excluded.online, presence = excluded.presence,
    heard_at_ms = greatest(store_contact.heard_at_ms, excluded.heard_at_ms);

-- name: clones
INSERT INTO store_contact (store_id, clone_suspected, suspects)
VALUES (%(store_id)s, %(clone_suspected)s, %(suspects)s::jsonb)
ON CONFLICT (store_id) DO UPDATE SET clone_suspected = excluded.clone_suspected, suspects = excluded.suspects;

-- name: told
INSERT INTO store_contact (store_id, heard_at_ms, reported_at_ms, boot_id, incarnation, software, clock, clock_ahead_ms)
VALUES (%(store_id)s, %(now_ms)s, %(now_ms)s, %(boot_id)s, %(incarnation)s, %(software)s, %(clock)s, %(clock_ahead_ms)s)
ON CONFLICT (store_id) DO UPDATE
SET heard_at_ms = excluded.heard_at_ms, reported_at_ms = excluded.reported_at_ms, boot_id = excluded.boot_id,
    incarnation = excluded.incarnation, software = excluded.software, clock = excluded.clock,
    clock_ahead_ms = excluded.clock_ahead_ms;

-- name: told_hello
UPDATE store_contact
SET edge_id = %(edge_id)s, hardware = %(hardware)s, config_hash = %(config_hash)s,
    certificate_expires_ms = %(certificate_expires_ms)s
WHERE store_id = %(store_id)s;

-- name: told_alarms
UPDATE store_contact SET alarms = %(alarms)s WHERE store_id = %(store_id)s;

-- name: told_streams
INSERT INTO store_stream (store_id, stream, first_seq, last_seq, acked_upto, durable_upto, oldest_unacked_age_ms)
SELECT %(store_id)s, * FROM unnest(%(streams)s::text[], %(firsts)s::bigint[], %(lasts)s::bigint[], %(acked)s::bigint[],
                                   %(durable)s::bigint[], %(ages)s::bigint[])
ON CONFLICT (store_id, stream) DO UPDATE
SET first_seq = excluded.first_seq, last_seq = excluded.last_seq, acked_upto = excluded.acked_upto,
    durable_upto = excluded.durable_upto, oldest_unacked_age_ms = excluded.oldest_unacked_age_ms;

-- name: told_feeds
INSERT INTO store_feed (store_id, feed_id, epoch, version, state_hash, status, staged, reached_at_ms, staged_at_ms)
SELECT %(store_id)s, *, %(now_ms)s, %(now_ms)s
FROM unnest(%(feeds)s::text[], %(epochs)s::text[], %(versions)s::bigint[], %(hashes)s::text[],
            %(statuses)s::text[], %(staged)s::bigint[])
ON CONFLICT (store_id, feed_id) DO UPDATE
SET epoch = excluded.epoch, version = excluded.version, state_hash = excluded.state_hash, status = excluded.status,
    staged = excluded.staged,
    reached_at_ms = CASE WHEN (store_feed.epoch, store_feed.version) = (excluded.epoch, excluded.version)
                         THEN store_feed.reached_at_ms ELSE excluded.reached_at_ms END,
    staged_at_ms = CASE WHEN store_feed.staged >= excluded.staged THEN store_feed.staged_at_ms ELSE excluded.staged_at_ms END;

-- name: forget_feeds
DELETE FROM store_feed WHERE store_id = %(store_id)s AND NOT feed_id = ANY (%(feeds)s);

-- name: open_orders
SELECT order_id, store_id, kind, boot_id FROM store_order WHERE done_at_ms IS NULL ORDER BY order_id LIMIT 100;

-- name: close_order
UPDATE store_order SET done_at_ms = %(now_ms)s, outcome = %(outcome)s WHERE order_id = %(order_id)s AND done_at_ms IS NULL;

-- name: mend_arrivals
UPDATE ingest_step SET tx = '3'::xid8 WHERE sale_count > 0 AND tx >= pg_snapshot_xmax(pg_current_snapshot());

-- name: waiting_facts
SELECT quarantine_id, store_id, incarnation, stream, seq, fact FROM fact_quarantine
WHERE projected_at_ms IS NULL AND quarantine_id > %(after)s
ORDER BY quarantine_id LIMIT %(limit)s;

-- name: still_waiting
SELECT quarantine_id FROM fact_quarantine WHERE quarantine_id = ANY (%(ids)s) AND projected_at_ms IS NULL;

-- name: projected
UPDATE fact_quarantine SET projected_at_ms = %(now_ms)s WHERE quarantine_id = ANY (%(ids)s);

-- name: note_reason
UPDATE fact_quarantine SET kind = %(kind)s, reason = %(reason)s WHERE quarantine_id = %(id)s;

-- name: progress
SELECT (SELECT count(*) FROM fact_quarantine WHERE projected_at_ms IS NULL)::bigint,
       (SELECT at_ms FROM ingest_step WHERE sale_count > 0 ORDER BY tx DESC, store_id DESC, ingest_rev DESC LIMIT 1);
