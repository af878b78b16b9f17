-- name: lock
SELECT 1 FROM store_session WHERE store_id = %(store_id)s FOR SHARE;

-- name: txn_upto
SELECT seq FROM journal_cursor
WHERE store_id = %(store_id)s AND incarnation = %(incarnation)s AND stream = 'txn';

-- name: stock
SELECT item_id, place, on_hand_thousandths FROM stock_on_hand
WHERE store_id = %(store_id)s AND on_hand_thousandths <> 0
ORDER BY item_id, place;

-- name: labels
WITH binding AS (
    SELECT DISTINCT ON (label_id) label_id, item_id, at_ms
    FROM (
        SELECT label_id, item_id, at_ms, event_id FROM label_bound WHERE store_id = %(store_id)s
        UNION ALL
        SELECT label_id, NULL, at_ms, event_id FROM label_removed WHERE store_id = %(store_id)s
    ) words
    ORDER BY label_id, at_ms DESC, event_id DESC
),
shown AS (
    SELECT DISTINCT ON (label_id) label_id, item_id, price_revision, price_minor, at_ms
    FROM label_shown WHERE store_id = %(store_id)s
    ORDER BY label_id, at_ms DESC, price_revision  -- of two at one instant the earlier: it leaves more prices possible
),
possible AS (
    SELECT b.label_id, b.item_id, s.price_revision, s.price_minor
    FROM binding b JOIN shown s ON s.label_id = b.label_id AND s.item_id = b.item_id
    UNION
    -- Sent since, or at any time since the binding when nothing was ever confirmed.
    SELECT b.label_id, b.item_id, p.revision, p.price_minor
    FROM binding b
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
FROM binding b
LEFT JOIN LATERAL (
    SELECT price_revision, price_minor FROM possible
    WHERE possible.label_id = b.label_id
    ORDER BY price_minor, price_revision LIMIT %(prices_max)s
) p ON true
WHERE b.item_id IS NOT NULL
ORDER BY b.label_id, p.price_minor, p.price_revision;
