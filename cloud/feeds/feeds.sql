-- name: db_epoch
SELECT hq_db_epoch();

-- name: heads_of
SELECT feed_id, epoch, version, state_hash FROM feed WHERE feed_id = ANY (%(feed_ids)s);

-- name: all_heads
SELECT feed_id, epoch, version, state_hash FROM feed ORDER BY feed_id;

-- name: feed
SELECT feed_id, epoch, version, state_hash, row_count, deltas_after FROM feed WHERE feed_id = %(feed_id)s;

-- name: deltas
SELECT version, delta FROM feed_delta
WHERE feed_id = %(feed_id)s AND version > %(after)s AND version <= %(upto)s
ORDER BY version;

-- name: delta_sizes
SELECT version, octet_length(delta) FROM feed_delta
WHERE feed_id = %(feed_id)s AND version > %(after)s AND version <= %(upto)s
ORDER BY version;

-- name: rows
SELECT key, body FROM feed_row WHERE feed_id = %(feed_id)s ORDER BY key;

-- name: zone_of
SELECT zone FROM store WHERE store_id = %(store_id)s;

-- name: feeds_with_old_deltas
SELECT DISTINCT d.feed_id FROM feed_delta d JOIN feed f USING (feed_id)
WHERE d.at_ms < %(before_ms)s AND d.version <= f.version - %(keep)s
ORDER BY d.feed_id;

-- name: begin_later
UPDATE feed f
SET deltas_after = greatest(f.deltas_after,
                            coalesce((SELECT max(d.version) FROM feed_delta d
                                      WHERE d.feed_id = f.feed_id AND d.at_ms < %(before_ms)s AND d.version <= f.version - %(keep)s),
                                     0))
WHERE f.feed_id = %(feed_id)s;

-- name: drop_deltas
DELETE FROM feed_delta d USING feed f WHERE f.feed_id = %(feed_id)s AND d.feed_id = f.feed_id AND d.version <= f.deltas_after;
