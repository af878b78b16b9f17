-- name: one
SELECT name, name_zh, tagged,
    (SELECT coalesce(sum(on_hand_thousandths), 0) FROM stock s WHERE s.item_id = item.item_id AND s.place IN (?2, ?3, ?4)),
    (SELECT max(counted_at_ms) FROM stock_counted c WHERE c.item_id = item.item_id)
FROM item WHERE item_id = ?1

-- name: tags_of
-- As the view `tag_here`, of one item: through a view every tag of the store would be looked at.
SELECT coalesce(sum(CASE WHEN place IN (?2, ?3, ?4) THEN pieces ELSE 0 END), 0), coalesce(max(seen_at_ms), 0) FROM (
    SELECT g.seen_at_ms AS seen_at_ms,
        coalesce(
            (SELECT coalesce(nullif(p.place, ''), nullif(p.book_place, '')) FROM tag_presence p WHERE p.epc = g.epc AND p.gone = 0 LIMIT 1),
            (SELECT m.place FROM stock_move m WHERE m.move_id = g.fact_id LIMIT 1), '') AS place,
        coalesce((SELECT pack_quantity FROM barcode WHERE barcode.gtin = g.gtin), 1) AS pieces
    FROM goods_tag g
    WHERE g.item_id = ?1 AND g.state = 'received'
        AND NOT EXISTS (SELECT 1 FROM tag_fate f WHERE f.epc = g.epc AND f.fate <> 'returned')
        AND NOT EXISTS (SELECT 1 FROM tag_presence p WHERE p.epc = g.epc AND p.gone = 1)
    UNION ALL
    SELECT p.moved_ms, p.place, coalesce((SELECT pack_quantity FROM barcode WHERE barcode.gtin = p.gtin), 1)
    FROM tag_presence p
    WHERE p.item_id = ?1 AND p.gone = 0
        AND NOT EXISTS (SELECT 1 FROM goods_tag g WHERE g.epc = p.epc AND g.state = 'received')
        AND NOT EXISTS (SELECT 1 FROM tag_fate f WHERE f.epc = p.epc AND f.fate <> 'returned'))

-- name: all
WITH seen AS (SELECT item_id, sum(pieces) AS pieces FROM tag_here WHERE place = ?1 GROUP BY item_id)
SELECT item_id, book, pieces FROM (
    SELECT item.item_id, coalesce(s.on_hand_thousandths, 0) AS book, coalesce(seen.pieces, 0) AS pieces
    FROM item LEFT JOIN stock s ON s.item_id = item.item_id AND s.place = ?1 LEFT JOIN seen ON seen.item_id = item.item_id
    WHERE item.tagged = 1)
WHERE book <> 0 OR pieces > 0 ORDER BY item_id

-- name: told
SELECT 1 FROM book_compared WHERE comparison_id = ?

-- name: put
INSERT INTO book_compared (comparison_id, place, at_ms, items, equal, pieces_missing, pieces_extra) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: latest
SELECT comparison_id, at_ms, items, equal, pieces_missing, pieces_extra FROM book_compared ORDER BY at_ms DESC LIMIT ?

-- name: prune
DELETE FROM book_compared WHERE at_ms < ?
