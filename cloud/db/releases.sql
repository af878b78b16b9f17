-- name: add_release
INSERT INTO release (release_id, what, published_at_ms, published_by, effective_at_ms)
VALUES (%(release_id)s, %(what)s, %(now_ms)s, %(person)s, %(effective_at_ms)s);

-- name: add_feed
INSERT INTO release_feed (release_id, feed_id, version, member) VALUES (%(release_id)s, %(feed_id)s, %(version)s, %(member)s);
