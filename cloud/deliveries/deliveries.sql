-- name: deliveries
SELECT * FROM (
    SELECT a.store_id, a.asn_id, a.reference, a.sender, a.expected_ms, a.place, a.transfer_id, a.added_by, a.added_ms,
           CASE WHEN r.at_ms IS NOT NULL THEN 'received' WHEN a.withdrawn_ms IS NOT NULL THEN 'withdrawn' ELSE 'waiting' END AS state,
           r.at_ms AS received_ms, coalesce(l.line_count, 0)::integer AS line_count, coalesce(d.differences, 0)::integer AS differences
    FROM asn a
    LEFT JOIN LATERAL (SELECT g.receipt_id, g.at_ms FROM visible_goods_receipt g
                       WHERE g.store_id = a.store_id AND g.asn_id = a.asn_id AND g.asn_id <> ''
                       ORDER BY g.receipt_id LIMIT 1) r ON true
    LEFT JOIN LATERAL (SELECT count(*) AS line_count FROM asn_line l
                       WHERE l.store_id = a.store_id AND l.asn_id = a.asn_id) l ON true
    LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE l.quantity_thousandths <> coalesce(l.expected_thousandths, 0)) AS differences
                       FROM visible_goods_line l
                       WHERE l.store_id = a.store_id AND l.kind = 'receipt' AND l.document_id = r.receipt_id) d ON true
    WHERE (%(store_id)s::text IS NULL OR a.store_id = %(store_id)s)
      AND (a.added_ms, a.asn_id) < (%(before_ms)s, %(before_id)s)
) found
WHERE %(state)s::text IS NULL OR state = %(state)s
ORDER BY added_ms DESC, asn_id DESC
LIMIT %(limit)s;

-- name: delivery_lines
WITH came AS (
    SELECT l.item_id, l.batch, l.expires, l.quantity_thousandths FROM visible_goods_receipt g
    JOIN visible_goods_line l ON l.store_id = g.store_id AND l.kind = 'receipt' AND l.document_id = g.receipt_id
    WHERE g.store_id = %(store_id)s AND g.asn_id = %(asn_id)s AND g.asn_id <> ''
), sides AS (
    SELECT item_id, batch, expires, sscc, quantity_thousandths AS promised, 0::bigint AS came FROM asn_line
    WHERE store_id = %(store_id)s AND asn_id = %(asn_id)s
    UNION ALL
    SELECT item_id, batch, expires, '', 0, quantity_thousandths FROM came
)
SELECT s.item_id, coalesce(i.name, '') AS name, s.batch, max(s.expires) AS expires, max(s.sscc) AS sscc,
       sum(s.promised)::bigint AS promised_thousandths,
       CASE WHEN EXISTS (SELECT FROM came) THEN sum(s.came)::bigint END AS came_thousandths
FROM sides s LEFT JOIN item i USING (item_id)
GROUP BY s.item_id, i.name, s.batch
ORDER BY abs(sum(s.promised) - sum(s.came)) DESC, s.item_id, s.batch
LIMIT 5000;

-- name: transfers
SELECT t.transfer_id, t.from_store_id, t.to_store_id, t.at_ms, t.place, t.reference, t.staff_id, t.line_count, t.received_ms,
       coalesce(l.sent, 0)::bigint AS sent_thousandths, coalesce(l.came, 0)::bigint AS came_thousandths,
       CASE WHEN t.received_ms IS NULL THEN 0 ELSE coalesce(l.differences, 0) END::integer AS differences
FROM visible_transfer t
LEFT JOIN LATERAL (SELECT sum(x.sent_thousandths) AS sent, sum(x.came_thousandths) AS came,
                          count(*) FILTER (WHERE x.sent_thousandths <> x.came_thousandths) AS differences
                   FROM visible_transfer_line x
                   WHERE x.from_store_id = t.from_store_id AND x.transfer_id = t.transfer_id) l ON true
WHERE (%(store_id)s::text IS NULL OR t.from_store_id = %(store_id)s OR t.to_store_id = %(store_id)s)
  AND (NOT %(waiting)s OR t.received_ms IS NULL)
  AND (t.at_ms, t.transfer_id) < (%(before_ms)s, %(before_id)s)
ORDER BY t.at_ms DESC, t.transfer_id DESC
LIMIT %(limit)s;

-- name: transfer_lines
SELECT x.item_id, coalesce(i.name, '') AS name, x.batch, x.expires, x.sent_thousandths, x.came_thousandths
FROM visible_transfer_line x LEFT JOIN item i USING (item_id)
WHERE x.from_store_id = %(store_id)s AND x.transfer_id = %(transfer_id)s
ORDER BY abs(x.sent_thousandths - x.came_thousandths) DESC, x.item_id, x.batch
LIMIT 5000;

-- name: known_items
SELECT item_id FROM item WHERE item_id = ANY (%(item_ids)s);

-- name: lock_asn
SELECT withdrawn_ms IS NOT NULL, in_feed::integer FROM asn
WHERE store_id = %(store_id)s AND asn_id = %(asn_id)s FOR UPDATE;

-- name: received
SELECT 1 FROM visible_goods_receipt WHERE store_id = %(store_id)s AND asn_id = %(asn_id)s AND asn_id <> '' LIMIT 1;

-- name: put_asn
INSERT INTO asn (store_id, asn_id, reference, sender, expected_ms, place, transfer_id, added_by, added_ms)
VALUES (%(store_id)s, %(asn_id)s, %(reference)s, %(sender)s, %(expected_ms)s, %(place)s, %(transfer_id)s, %(person)s, %(now_ms)s)
ON CONFLICT (store_id, asn_id) DO UPDATE
SET reference = excluded.reference, sender = excluded.sender, expected_ms = excluded.expected_ms, place = excluded.place,
    added_by = excluded.added_by, withdrawn_ms = NULL, in_feed = true;

-- name: drop_lines
DELETE FROM asn_line WHERE store_id = %(store_id)s AND asn_id = %(asn_id)s;

-- name: add_line
INSERT INTO asn_line (store_id, asn_id, line_no, item_id, quantity_thousandths, gtin, batch, expires, sscc, epcs)
VALUES (%(store_id)s, %(asn_id)s, %(line_no)s, %(item_id)s, %(quantity)s, %(gtin)s, %(batch)s, %(expires)s, %(sscc)s, %(epcs)s);

-- name: withdraw
UPDATE asn SET withdrawn_ms = %(now_ms)s, in_feed = false WHERE store_id = %(store_id)s AND asn_id = %(asn_id)s;

-- name: out_of_feed
UPDATE asn SET in_feed = false WHERE store_id = %(store_id)s AND asn_id = %(asn_id)s;

-- name: feed_keys
SELECT key FROM feed_row WHERE feed_id = %(feed_id)s AND starts_with(key, %(prefix)s);

-- name: sent_in
SELECT t.from_store_id AS store_id, coalesce(s.name, t.from_store_id) AS name, t.transfer_id, t.to_store_id, t.at_ms, t.reference
FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[]) AS step (store_id, rev)
JOIN visible_transfer t ON t.from_store_id = step.store_id AND t.ingest_rev = step.rev
JOIN store o ON o.store_id = t.to_store_id
LEFT JOIN store s ON s.store_id = t.from_store_id
WHERE NOT EXISTS (SELECT 1 FROM asn a WHERE a.store_id = t.to_store_id AND a.asn_id = t.transfer_id)
ORDER BY t.to_store_id, t.transfer_id;

-- name: sent_lines
SELECT line_no, item_id, quantity_thousandths, batch, expires, ARRAY(SELECT jsonb_array_elements_text(epcs::jsonb))
FROM visible_goods_line
WHERE store_id = %(store_id)s AND kind = 'transfer' AND document_id = %(transfer_id)s
ORDER BY line_no;

-- name: ended_in
SELECT DISTINCT a.store_id, a.asn_id
FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[]) AS step (store_id, rev)
JOIN visible_goods_receipt g ON g.store_id = step.store_id AND g.ingest_rev = step.rev
JOIN asn a ON a.store_id = g.store_id AND a.asn_id IN (g.asn_id, g.transfer_id)
WHERE a.in_feed
ORDER BY a.store_id, a.asn_id;

-- name: notice
SELECT reference, sender, expected_ms, place, transfer_id FROM asn WHERE store_id = %(store_id)s AND asn_id = %(asn_id)s;

-- name: notice_lines
SELECT line_no, item_id, quantity_thousandths, gtin, batch, expires, sscc, epcs FROM asn_line
WHERE store_id = %(store_id)s AND asn_id = %(asn_id)s ORDER BY line_no;

-- name: gtins_of
SELECT item_id, min(gtin) FROM barcode
WHERE item_id = ANY (%(item_ids)s) AND pack_quantity = 1 AND length(gtin) = 14
GROUP BY item_id;

-- name: draw_serials
INSERT INTO tag_serial AS t (gtin, next_serial) VALUES (%(gtin)s, 1 + %(count)s)
ON CONFLICT (gtin) DO UPDATE SET next_serial = t.next_serial + %(count)s
RETURNING next_serial - %(count)s;
