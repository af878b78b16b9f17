-- name: lock
SELECT 1 FROM store_session WHERE store_id = %(store_id)s FOR SHARE;

-- name: txn_upto
SELECT seq FROM journal_cursor
WHERE store_id = %(store_id)s AND incarnation = %(incarnation)s AND stream = 'txn';

-- name: stock
SELECT item_id, place, on_hand_thousandths FROM stock_on_hand
WHERE store_id = %(store_id)s AND on_hand_thousandths <> 0
ORDER BY item_id, place;

-- name: lots
SELECT item_id, place, batch, coalesce(expires, ''), on_hand_thousandths FROM stock_on_hand_batch
WHERE store_id = %(store_id)s AND batch <> '' AND on_hand_thousandths <> 0
ORDER BY item_id, place, batch;

-- name: labels
WITH binding AS (
    SELECT DISTINCT ON (label_id) label_id, item_id, more_items, at_ms
    FROM (
        SELECT label_id, item_id, more_items, at_ms, event_id FROM label_bound WHERE store_id = %(store_id)s
        UNION ALL
        SELECT label_id, NULL, NULL, at_ms, event_id FROM label_removed WHERE store_id = %(store_id)s
    ) words
    ORDER BY label_id, at_ms DESC, event_id DESC
),
carried AS (
    SELECT label_id, item_id, at_ms, 0::bigint AS place FROM binding WHERE item_id IS NOT NULL
    UNION ALL
    SELECT b.label_id, further.item_id, b.at_ms, further.place
    FROM binding b, jsonb_array_elements_text(b.more_items::jsonb) WITH ORDINALITY AS further (item_id, place)
    WHERE b.item_id IS NOT NULL AND b.more_items IS NOT NULL
),
newest AS (
    SELECT DISTINCT ON (label_id) label_id, confirmed_at_ms
    FROM label_shown WHERE store_id = %(store_id)s
    ORDER BY label_id, at_ms DESC, price_revision  -- of two at one instant the earlier: it leaves more prices possible
),
shown AS (  -- every item of the image that was confirmed last
    SELECT DISTINCT ON (s.label_id, s.item_id) s.label_id, s.item_id, s.price_revision, s.price_minor, s.at_ms
    FROM label_shown s JOIN newest n ON n.label_id = s.label_id AND n.confirmed_at_ms = s.confirmed_at_ms
    WHERE s.store_id = %(store_id)s
    ORDER BY s.label_id, s.item_id, s.at_ms DESC, s.price_revision
),
possible AS (
    SELECT b.label_id, b.item_id, s.price_revision, s.price_minor
    FROM carried b JOIN shown s ON s.label_id = b.label_id AND s.item_id = b.item_id
    UNION
    -- Sent since, or at any time since the binding when nothing was ever confirmed.
    SELECT b.label_id, b.item_id, p.revision, p.price_minor
    FROM carried b
    LEFT JOIN shown s ON s.label_id = b.label_id AND s.item_id = b.item_id
    JOIN store t ON t.store_id = %(store_id)s
    JOIN price p ON p.feed_id IN ('zone/' || t.zone || '/price', 'store/' || t.store_id || '/price') AND p.item_id = b.item_id
    WHERE p.effective_from_ms <= %(now_ms)s AND p.customer_group = ''
      AND (s.price_revision IS NOT NULL OR coalesce(p.effective_to_ms, b.at_ms) >= b.at_ms)
      AND (p.revision > coalesce(s.price_revision, 0)
           -- An earlier revision may be shown again: what stood above it ended, was recalled, or ranks lower.
           OR (coalesce(p.effective_to_ms, s.at_ms) >= s.at_ms AND coalesce(p.withdrawn_at_ms, s.at_ms) >= s.at_ms
               AND p.revision <> s.price_revision
               AND NOT EXISTS (SELECT 1 FROM price q
                               WHERE q.feed_id IN ('zone/' || t.zone || '/price', 'store/' || t.store_id || '/price')
                                 AND q.item_id = p.item_id AND q.customer_group = '' AND q.withdrawn_at_ms IS NULL
                                 AND q.effective_to_ms IS NULL AND q.effective_from_ms <= s.at_ms
                                 AND (q.priority, q.revision) > (p.priority, p.revision))))
)
SELECT b.label_id, b.item_id, p.price_revision, p.price_minor
FROM carried b
LEFT JOIN LATERAL (
    SELECT price_revision, price_minor FROM possible
    WHERE possible.label_id = b.label_id AND possible.item_id = b.item_id
    ORDER BY price_minor, price_revision LIMIT %(prices_max)s
) p ON true
ORDER BY b.label_id, b.place, p.price_minor, p.price_revision;

-- name: places
SELECT label_id, aisle, shelf, slot FROM (
    SELECT DISTINCT ON (label_id) label_id, aisle, shelf, slot FROM label_placed WHERE store_id = %(store_id)s
    ORDER BY label_id, at_ms DESC, event_id DESC
) newest
WHERE aisle <> '';
