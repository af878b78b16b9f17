-- name: at_place
SELECT item_id, epc FROM tag_here WHERE place = ?

-- name: heard_at
-- What fixed readers hear at a place now.
SELECT epc FROM tag_presence WHERE place = ? AND gone = 0 AND item_id <> '' ORDER BY epc

-- name: of_item_at
-- As the view `tag_here`, of one item: through the view every tag of the store would be looked at.
SELECT epc FROM (
    SELECT g.epc AS epc,
        coalesce(
            (SELECT coalesce(nullif(p.place, ''), nullif(p.book_place, '')) FROM tag_presence p WHERE p.epc = g.epc AND p.gone = 0 LIMIT 1),
            (SELECT m.place FROM stock_move m WHERE m.move_id = g.fact_id LIMIT 1), '') AS place
    FROM goods_tag g
    WHERE g.item_id = ?1 AND g.state = 'received'
        AND NOT EXISTS (SELECT 1 FROM tag_fate f WHERE f.epc = g.epc AND f.fate <> 'returned')
        AND NOT EXISTS (SELECT 1 FROM tag_presence p WHERE p.epc = g.epc AND p.gone = 1)
    UNION ALL
    SELECT p.epc, p.place
    FROM tag_presence p
    WHERE p.item_id = ?1 AND p.gone = 0
        AND NOT EXISTS (SELECT 1 FROM goods_tag g WHERE g.epc = p.epc AND g.state = 'received')
        AND NOT EXISTS (SELECT 1 FROM tag_fate f WHERE f.epc = p.epc AND f.fate <> 'returned'))
WHERE place = ?2
