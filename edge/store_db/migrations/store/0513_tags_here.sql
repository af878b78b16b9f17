-- Tagged pieces that should be in the store, and where: by a reader of the room if there is one, else where their receipt put them.
-- `pieces`: what one tag stands for (a carton's tag for its contents).
CREATE VIEW tag_here AS
SELECT g.epc AS epc, g.item_id AS item_id, g.seen_at_ms AS seen_at_ms,
    coalesce(
        (SELECT coalesce(nullif(p.place, ''), nullif(p.book_place, '')) FROM tag_presence p WHERE p.epc = g.epc AND p.gone = 0 LIMIT 1),
        (SELECT m.place FROM stock_move m WHERE m.move_id = g.fact_id LIMIT 1), '') AS place,
    coalesce((SELECT pack_quantity FROM barcode WHERE barcode.gtin = g.gtin), 1) AS pieces
FROM goods_tag g
WHERE g.state = 'received' AND g.item_id <> ''
    AND NOT EXISTS (SELECT 1 FROM tag_fate f WHERE f.epc = g.epc AND f.fate <> 'returned')
    AND NOT EXISTS (SELECT 1 FROM tag_presence p WHERE p.epc = g.epc AND p.gone = 1)
UNION ALL
SELECT p.epc, p.item_id, p.moved_ms, p.place, coalesce((SELECT pack_quantity FROM barcode WHERE barcode.gtin = p.gtin), 1)
FROM tag_presence p
WHERE p.gone = 0 AND p.item_id <> ''
    AND NOT EXISTS (SELECT 1 FROM goods_tag g WHERE g.epc = p.epc AND g.state = 'received')
    AND NOT EXISTS (SELECT 1 FROM tag_fate f WHERE f.epc = p.epc AND f.fate <> 'returned');
