-- name: on_hand
SELECT store_id, item_id, place, on_hand_thousandths FROM visible_stock_on_hand
WHERE store_id = %(store_id)s AND (item_id, place) > (%(item_id)s, %(place)s)
ORDER BY item_id, place
LIMIT %(limit)s;

-- name: on_hand_of_item
SELECT store_id, item_id, place, on_hand_thousandths FROM visible_stock_on_hand
WHERE item_id = %(item_id)s
ORDER BY store_id, place;

-- name: moves
SELECT * FROM (
    SELECT ingest_rev, seq, 0 AS line_no, reason, reference, place, quantity_thousandths, at_ms, batch, expires, staff_id
    FROM visible_stock_move WHERE store_id = %(store_id)s AND ingest_rev > %(floor)s AND item_id = %(item_id)s
    UNION ALL
    SELECT l.ingest_rev, s.seq, l.line_no, 'sale', l.sale_id, l.place, -l.stock_thousandths, s.closed_at_ms,
           coalesce(l.batch, ''), coalesce(l.expires::text, ''), s.cashier_id
    FROM visible_sale_line l JOIN visible_sale s ON s.store_id = l.store_id AND s.sale_id = l.sale_id
    WHERE l.store_id = %(store_id)s AND l.ingest_rev > %(floor)s AND l.ingest_rev <= %(ingest_rev)s
      AND l.item_id = %(item_id)s
) moves
WHERE (ingest_rev, seq, line_no) < (%(ingest_rev)s, %(seq)s, %(line_no)s)
ORDER BY ingest_rev DESC, seq DESC, line_no DESC
LIMIT %(limit)s;

-- name: last_rev
SELECT coalesce(max(ingest_rev), 0) FROM visible_ingest_step WHERE store_id = %(store_id)s;

-- name: behind
SELECT x.store_id FROM store_session x LEFT JOIN stock_watermark w USING (store_id)
WHERE x.last_rev >= coalesce(w.upto_rev, 0) + %(least)s
ORDER BY x.store_id;

-- name: lock
SELECT last_rev FROM store_session WHERE store_id = %(store_id)s FOR UPDATE SKIP LOCKED;

-- name: fold
WITH tail AS MATERIALIZED (
    SELECT item_id, place, batch, max(expires) AS expires, sum(quantity)::bigint AS quantity FROM (
        SELECT item_id, place, batch, expires, quantity_thousandths AS quantity FROM stock_move
        WHERE store_id = %(store_id)s AND ingest_rev > %(from_rev)s AND ingest_rev <= %(upto_rev)s
        UNION ALL
        SELECT item_id, place, coalesce(batch, ''), coalesce(expires::text, ''), -stock_thousandths FROM sale_line
        WHERE store_id = %(store_id)s AND ingest_rev > %(from_rev)s AND ingest_rev <= %(upto_rev)s
    ) moves GROUP BY item_id, place, batch
), totals AS (
    INSERT INTO stock_total (store_id, place, quantity_thousandths)
    SELECT %(store_id)s, place, sum(quantity)::bigint FROM tail GROUP BY place ORDER BY place
    ON CONFLICT (store_id, place)
    DO UPDATE SET quantity_thousandths = stock_total.quantity_thousandths + excluded.quantity_thousandths
)
INSERT INTO stock_balance (store_id, item_id, place, batch, expires, quantity_thousandths)
SELECT %(store_id)s, item_id, place, batch, expires, quantity FROM tail ORDER BY item_id, place, batch
ON CONFLICT (store_id, item_id, place, batch)
DO UPDATE SET quantity_thousandths = stock_balance.quantity_thousandths + excluded.quantity_thousandths,
              expires = greatest(stock_balance.expires, excluded.expires);

-- name: forget_batches
-- Batches of which nothing is left, where the item has another row to be known by: a shop sells thousands of batches a year.
DELETE FROM stock_balance b
WHERE b.store_id = %(store_id)s AND b.batch <> '' AND b.quantity_thousandths = 0
  AND EXISTS (SELECT 1 FROM stock_balance o
              WHERE o.store_id = b.store_id AND o.item_id = b.item_id AND o.place = b.place AND o.batch = '');

-- name: watermark
SELECT upto_rev FROM stock_watermark WHERE store_id = %(store_id)s;

-- name: move_watermark
INSERT INTO stock_watermark (store_id, upto_rev) VALUES (%(store_id)s, %(upto_rev)s)
ON CONFLICT (store_id) DO UPDATE SET upto_rev = excluded.upto_rev;

-- name: receipts
SELECT store_id, receipt_id, at_ms, place, how, reference, staff_id, device_id, line_count FROM visible_goods_receipt
WHERE store_id = %(store_id)s AND receipt_id < %(before)s
ORDER BY receipt_id DESC
LIMIT %(limit)s;

-- name: left
SELECT store_id, passage_id, at_ms, device_id, epc, gtin, item_id FROM visible_goods_left
WHERE store_id = %(store_id)s AND (passage_id, epc) < (%(passage_id)s, %(epc)s)
ORDER BY passage_id DESC, epc DESC
LIMIT %(limit)s;

-- name: batches
SELECT b.store_id, b.item_id, coalesce(i.name, '') AS name, b.place, b.batch, b.expires, b.on_hand_thousandths
FROM visible_stock_on_hand_lot b LEFT JOIN item i USING (item_id)
WHERE b.store_id = %(store_id)s AND (%(item_id)s::text IS NULL OR b.item_id = %(item_id)s)
  AND b.on_hand_thousandths <> 0 AND (b.item_id, b.place, b.batch) > (%(after_item)s, %(after_place)s, %(after_batch)s)
ORDER BY b.item_id, b.place, b.batch
LIMIT %(limit)s;

-- name: items_of_store
SELECT h.item_id, coalesce(i.name, '') AS name, jsonb_object_agg(h.place, h.on_hand_thousandths) AS places,
       sum(h.on_hand_thousandths)::bigint AS total_thousandths
FROM visible_stock_on_hand h LEFT JOIN item i USING (item_id)
WHERE h.store_id = %(store_id)s AND h.item_id > %(after)s
  AND (%(find)s = '' OR strpos(lower(coalesce(i.name, '') || ' ' || h.item_id), %(find)s) > 0)
GROUP BY h.item_id, i.name
HAVING NOT %(below_zero)s OR min(h.on_hand_thousandths) < 0
ORDER BY h.item_id
LIMIT %(limit)s;

-- name: by_region
WITH held AS (
    SELECT s.region_id, p.place, sum(p.on_hand_thousandths)::bigint AS thousandths
    FROM visible_stock_on_hand_place p JOIN store s USING (store_id) GROUP BY s.region_id, p.place
), coming AS (
    SELECT s.region_id, sum(c.coming)::bigint AS coming FROM ({coming}) c JOIN store s USING (store_id) GROUP BY s.region_id
)
SELECT s.region_id AS id, r.name, count(*)::integer AS stores,
       coalesce((SELECT jsonb_object_agg(h.place, h.thousandths) FROM held h WHERE h.region_id = s.region_id), '{{}}') AS places,
       coalesce((SELECT c.coming FROM coming c WHERE c.region_id = s.region_id), 0) AS coming_thousandths
FROM store s LEFT JOIN ({regions}) r USING (region_id)
GROUP BY s.region_id, r.name
ORDER BY s.region_id;

-- name: regions
SELECT region_id, name FROM region;

-- name: by_store
SELECT s.store_id AS id, s.name, 1 AS stores,
       coalesce((SELECT jsonb_object_agg(p.place, p.on_hand_thousandths) FROM visible_stock_on_hand_place p
                 WHERE p.store_id = s.store_id), '{{}}') AS places,
       coalesce((SELECT sum(c.coming) FROM ({coming}) c WHERE c.store_id = s.store_id), 0)::bigint AS coming_thousandths
FROM store s
WHERE s.region_id = %(region_id)s AND s.store_id > %(after)s
ORDER BY s.store_id
LIMIT %(limit)s;

-- name: coming
-- Goods of other stores on their way: sent, and not received.
SELECT t.to_store_id AS store_id, sum(l.sent_thousandths) AS coming
FROM visible_transfer t JOIN visible_transfer_line l USING (from_store_id, transfer_id)
WHERE t.received_ms IS NULL GROUP BY t.to_store_id;
