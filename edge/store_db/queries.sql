-- name: identity
SELECT store_id, edge_id, db_nonce, incarnation, fence, db_epoch FROM sync_identity

-- name: create_identity
INSERT INTO sync_identity (one, store_id, edge_id, db_nonce, incarnation, fence, db_epoch, created_at_ms)
VALUES (1, ?, ?, ?, 0, '', '', ?)

-- name: set_fence
UPDATE sync_identity SET fence = ?

-- name: set_incarnation
UPDATE sync_identity SET incarnation = ?, fence = ?

-- name: set_db_epoch
UPDATE sync_identity SET db_epoch = ?

-- name: stream
SELECT first_seq, last_seq, last_hash, acked_upto, acked_hash, durable_upto FROM journal_stream WHERE incarnation = ? AND stream = ?

-- name: all_streams
SELECT incarnation, stream, first_seq, last_seq, last_hash, acked_upto, acked_hash, durable_upto FROM journal_stream
ORDER BY incarnation, stream

-- name: create_stream
INSERT INTO journal_stream (incarnation, stream, first_seq, last_seq, last_hash, acked_upto, acked_hash, durable_upto)
VALUES (?, ?, 1, 0, ?, 0, ?, 0)

-- name: advance_stream
UPDATE journal_stream SET last_seq = ?, last_hash = ? WHERE incarnation = ? AND stream = ?

-- name: append
INSERT INTO journal (position, event_id, kind, at_ms, hash, fact) VALUES (?, ?, ?, ?, ?, ?)

-- name: read_after
SELECT position, at_ms, hash, fact FROM journal WHERE position > ? AND position <= ? ORDER BY position LIMIT ?

-- name: read_from
SELECT position, event_id, kind, at_ms, fact FROM journal WHERE position > ? AND position < ? ORDER BY position

-- name: of_till
SELECT at_ms, fact FROM journal
WHERE position > ?1 AND position <= ?2 AND kind IN (SELECT value FROM json_each(?3)) AND instr(fact, ?4)
ORDER BY position

-- name: delete_between
DELETE FROM journal WHERE position > ? AND position < ?

-- name: hash_at
SELECT hash FROM journal WHERE position = ?

-- name: save_ack
UPDATE journal_stream SET acked_upto = ?, acked_hash = ?, durable_upto = ? WHERE incarnation = ? AND stream = ?

-- name: oldest_at
SELECT at_ms FROM journal WHERE position > ? AND position <= ? ORDER BY position LIMIT 1

-- name: set_first_seq
UPDATE journal_stream SET first_seq = ? WHERE incarnation = ? AND stream = ?

-- name: feeds
SELECT feed_id, epoch, version, state_hash FROM feed ORDER BY feed_id

-- name: feed
SELECT epoch, version, state_hash FROM feed WHERE feed_id = ?

-- name: save_feed
INSERT INTO feed (feed_id, epoch, version, state_hash, applied_at_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (feed_id) DO UPDATE SET epoch = excluded.epoch, version = excluded.version, state_hash = excluded.state_hash,
    applied_at_ms = excluded.applied_at_ms

-- name: recorded_migrations
SELECT name, sha256 FROM migration

-- name: create_migration_record
CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT, WITHOUT ROWID

-- name: record_migration
INSERT INTO migration (name, sha256) VALUES (?, ?)

-- name: count_boot
INSERT INTO box (one, boots) VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET boots = boots + 1

-- name: boots
SELECT boots FROM box

-- name: drop_feed
DELETE FROM feed WHERE feed_id = ?

-- name: anchor_at
SELECT hash FROM journal_anchor WHERE position = ?

-- name: drop_anchors
DELETE FROM journal_anchor WHERE position > ? AND position <= ?

-- name: put_anchor
INSERT INTO journal_anchor (position, hash) VALUES (?, ?) ON CONFLICT (position) DO NOTHING

-- name: note_durable
INSERT INTO journal_durable (incarnation, stream, seq, heard_at_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (incarnation, stream, seq) DO NOTHING

-- name: durable_since
SELECT max(seq) FROM journal_durable WHERE incarnation = ? AND stream = ? AND seq <= ? AND heard_at_ms <= ?

-- name: forget_durable
DELETE FROM journal_durable WHERE incarnation = ? AND stream = ? AND (seq <= ? OR seq > ?)
