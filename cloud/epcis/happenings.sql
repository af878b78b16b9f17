-- name: documents
WITH step AS (SELECT * FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[]) AS s (store_id, rev)),
heads AS (
    SELECT 'receipt' AS kind, r.store_id, r.receipt_id AS document_id, r.at_ms, r.place, '' AS to_place,
           coalesce(t.from_store_id, '') AS other_store, '' AS reason, r.asn_id AS reference
    FROM step JOIN visible_goods_receipt r ON r.store_id = step.store_id AND r.ingest_rev = step.rev
    LEFT JOIN visible_transfer t ON r.transfer_id <> '' AND t.to_store_id = r.store_id AND t.transfer_id = r.transfer_id
    UNION ALL
    SELECT 'relocation', r.store_id, r.relocation_id, r.at_ms, r.from_place, r.to_place, '', '', ''
    FROM step JOIN visible_relocation r ON r.store_id = step.store_id AND r.ingest_rev = step.rev
    UNION ALL
    SELECT 'transfer', t.from_store_id, t.transfer_id, t.at_ms, t.place, '', t.to_store_id, '', ''
    FROM step JOIN visible_transfer t ON t.from_store_id = step.store_id AND t.ingest_rev = step.rev
    UNION ALL
    SELECT 'write_off', w.store_id, w.write_off_id, w.at_ms, w.place, '', '', w.reason, ''
    FROM step JOIN visible_write_off w ON w.store_id = step.store_id AND w.ingest_rev = step.rev
)
SELECT h.kind, h.store_id, h.document_id, h.at_ms, s.time_zone, h.place, h.to_place, h.other_store, h.reason, h.reference,
       coalesce(nullif(l.gtin, ''), b.gtin, '') AS gtin, l.batch, l.quantity_thousandths, coalesce(i.weighed, false) AS weighed,
       coalesce(l.epcs, '[]') AS epcs
FROM heads h
JOIN store s ON s.store_id = h.store_id
JOIN visible_goods_line l ON l.store_id = h.store_id AND l.kind = h.kind AND l.document_id = h.document_id
LEFT JOIN item i ON i.item_id = l.item_id
LEFT JOIN LATERAL ({gtin}) b ON true
ORDER BY h.store_id, h.at_ms, h.kind, h.document_id, l.line_no;

-- name: gtin
SELECT min(x.gtin) AS gtin FROM barcode x
WHERE x.item_id = l.item_id AND x.pack_quantity = 1 AND length(x.gtin) = 14;

-- name: counts
SELECT 'count' AS kind, l.store_id, l.count_id AS document_id, l.at_ms, s.time_zone, l.place, '' AS to_place, '' AS other_store,
       CASE WHEN l.whole THEN 'whole' ELSE '' END AS reason, '' AS reference, coalesce(b.gtin, '') AS gtin, l.batch,
       l.counted_thousandths AS quantity_thousandths, coalesce(i.weighed, false) AS weighed, coalesce(l.found_epcs, '[]') AS epcs
FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[]) AS step (store_id, rev)
JOIN visible_stock_count l ON l.store_id = step.store_id AND l.ingest_rev = step.rev
JOIN store s ON s.store_id = l.store_id
LEFT JOIN item i ON i.item_id = l.item_id
LEFT JOIN LATERAL ({gtin}) b ON true
ORDER BY l.store_id, l.at_ms, l.count_id, l.line_no;

-- name: sales
SELECT 'sale' AS kind, l.store_id, l.sale_id AS document_id, x.closed_at_ms AS at_ms, s.time_zone, l.place, '' AS to_place,
       '' AS other_store, '' AS reason, '' AS reference, l.gtin, coalesce(l.batch, '') AS batch,
       l.stock_thousandths AS quantity_thousandths, false AS weighed, l.epcs
FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[]) AS step (store_id, rev)
JOIN visible_sale_line l ON l.store_id = step.store_id AND l.ingest_rev = step.rev AND l.epcs IS NOT NULL
JOIN visible_sale x ON x.store_id = l.store_id AND x.sale_id = l.sale_id AND NOT x.training
JOIN store s ON s.store_id = l.store_id
ORDER BY l.store_id, x.closed_at_ms, l.sale_id, l.line_no;

-- name: returns
SELECT 'return' AS kind, l.store_id, l.return_id AS document_id, l.at_ms, s.time_zone,
       coalesce(nullif(l.place, ''), 'back_room') AS place, '' AS to_place, '' AS other_store, '' AS reason, '' AS reference,
       l.gtin, coalesce(l.batch, '') AS batch, l.stock_thousandths AS quantity_thousandths, false AS weighed, l.epcs
FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[]) AS step (store_id, rev)
JOIN visible_goods_return_line l ON l.store_id = step.store_id AND l.ingest_rev = step.rev AND l.epcs IS NOT NULL
JOIN store s ON s.store_id = l.store_id
ORDER BY l.store_id, l.at_ms, l.return_id, l.return_no;

-- name: alarms
SELECT 'gate' AS kind, g.store_id, g.alarm_id AS document_id, g.at_ms, s.time_zone, 'gate-' || g.device_id AS place, '' AS to_place,
       '' AS other_store, '' AS reason, '' AS reference, '' AS gtin, '' AS batch, 1000 AS quantity_thousandths, false AS weighed,
       jsonb_build_array(g.epc)::text AS epcs
FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[]) AS step (store_id, rev)
JOIN visible_gate_alarm g ON g.store_id = step.store_id AND g.ingest_rev = step.rev
JOIN store s ON s.store_id = g.store_id
ORDER BY g.store_id, g.at_ms, g.alarm_id, g.epc;

-- name: alarm_ends
SELECT CASE WHEN e.outcome = 'stolen' THEN 'gate_stolen' ELSE 'gate_mistaken' END AS kind, g.store_id, g.alarm_id AS document_id,
       g.at_ms, s.time_zone, 'gate-' || g.device_id AS place, '' AS to_place, '' AS other_store, e.at_ms::text AS reason,
       '' AS reference, '' AS gtin, '' AS batch, 1000 AS quantity_thousandths, false AS weighed,
       jsonb_build_array(g.epc)::text AS epcs
FROM unnest(%(store_ids)s::text[], %(revs)s::bigint[]) AS step (store_id, rev)
JOIN visible_gate_alarm_end e ON e.store_id = step.store_id AND e.ingest_rev = step.rev
    AND e.outcome IN ('stolen', 'sold', 'false', 'stopped')
JOIN visible_gate_alarm g ON g.store_id = e.store_id AND g.alarm_id = e.alarm_id
JOIN store s ON s.store_id = g.store_id
ORDER BY g.store_id, g.alarm_id, g.epc;
