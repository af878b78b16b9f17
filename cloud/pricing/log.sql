-- name: book_prices
SELECT p.item_id, i.name, i.name_zh, i.weighed, p.revision, p.price_minor, p.was_minor, p.effective_from_ms, p.effective_to_ms,
       p.reason, p.changed_by, p.changed_at_ms,
       p.effective_from_ms <= %(now_ms)s AND coalesce(p.effective_to_ms > %(now_ms)s, true) AND NOT EXISTS (
           SELECT 1 FROM price q
           WHERE q.item_id = p.item_id AND q.feed_id IN (p.feed_id, 'zone/' || %(zone)s || '/price')
             AND q.customer_group = p.customer_group AND q.withdrawn_at_ms IS NULL
             AND q.effective_from_ms <= %(now_ms)s AND coalesce(q.effective_to_ms > %(now_ms)s, true)
             AND (q.priority, q.revision) > (p.priority, p.revision)) AS paid
FROM price p JOIN item i USING (item_id)
WHERE p.book_id = %(book_id)s AND p.in_feed AND coalesce(p.effective_to_ms > %(now_ms)s, true)
  AND (p.item_id, p.revision) > (%(after_item)s, %(after_revision)s)
ORDER BY p.item_id, p.revision
LIMIT %(limit)s;

-- name: log_of_item
SELECT event_id, at_ms, what, person, book_id, feed_id, feed_version, revision, price_minor, effective_from_ms, effective_to_ms,
       customer_group, price_kind, priority, was_minor, reason
FROM price_event
WHERE item_id = %(item_id)s AND event_id < %(before)s
ORDER BY event_id DESC
LIMIT %(limit)s;
