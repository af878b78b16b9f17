-- Tagged pieces that should be in the store, and where: by a reader of the room if there is one, else where their receipt put them.
-- `pieces`: what one tag stands for (a carton's tag for its contents).
CREATE VIEW tag_here AS
SELECT epc, item_id, place, max(seen_at_ms) AS seen_at_ms, coalesce((SELECT pack_quantity FROM barcode WHERE barcode.gtin = t.gtin), 1) AS pieces
FROM (
    SELECT g.epc, g.gtin, g.item_id, g.seen_at_ms,
        coalesce(nullif(p.place, ''), nullif(p.book_place, ''), (SELECT m.place FROM stock_move m WHERE m.move_id = g.fact_id LIMIT 1), '') AS place
    FROM goods_tag g LEFT JOIN tag_presence p ON p.epc = g.epc
    WHERE g.state = 'received' AND g.item_id <> '' AND coalesce(p.gone, 0) = 0
    UNION ALL
    SELECT p.epc, p.gtin, p.item_id, p.moved_ms, p.place FROM tag_presence p
    WHERE p.gone = 0 AND p.item_id <> '' AND NOT EXISTS (SELECT 1 FROM goods_tag g WHERE g.epc = p.epc AND g.state = 'received')
) t
WHERE NOT EXISTS (SELECT 1 FROM tag_fate f WHERE f.epc = t.epc AND f.fate <> 'returned')
GROUP BY epc;
