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
    SELECT ingest_rev, seq, 0 AS line_no, reason, reference, place, quantity_thousandths, at_ms
    FROM visible_stock_move WHERE store_id = %(store_id)s AND ingest_rev > %(floor)s AND item_id = %(item_id)s
    UNION ALL
    SELECT l.ingest_rev, s.seq, l.line_no, 'sale', l.sale_id, l.place, -l.stock_thousandths, s.closed_at_ms
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
WITH tail AS (
    SELECT item_id, place, sum(quantity)::bigint AS quantity FROM (
        SELECT item_id, place, quantity_thousandths AS quantity FROM stock_move
        WHERE store_id = %(store_id)s AND ingest_rev > %(from_rev)s AND ingest_rev <= %(upto_rev)s
        UNION ALL
        SELECT item_id, place, -stock_thousandths FROM sale_line
        WHERE store_id = %(store_id)s AND ingest_rev > %(from_rev)s AND ingest_rev <= %(upto_rev)s
    ) moves GROUP BY item_id, place
)
INSERT INTO stock_balance (store_id, item_id, place, quantity_thousandths)
SELECT %(store_id)s, item_id, place, quantity FROM tail ORDER BY item_id, place
ON CONFLICT (store_id, item_id, place)
DO UPDATE SET quantity_thousandths = stock_balance.quantity_thousandths + excluded.quantity_thousandths;

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
