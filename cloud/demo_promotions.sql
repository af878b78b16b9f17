-- name: cheap_items
SELECT p.item_id, p.price_minor FROM price p JOIN item i USING (item_id)
WHERE p.feed_id = 'zone/' || %(zone)s || '/price' AND p.in_feed AND p.customer_group = '' AND NOT i.weighed AND i.active
ORDER BY p.price_minor, p.item_id
LIMIT %(limit)s;
