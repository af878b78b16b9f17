-- name: one
SELECT name, name_zh, tagged,
    (SELECT coalesce(sum(on_hand_thousandths), 0) FROM stock s WHERE s.item_id = item.item_id AND s.place IN (?2, ?3, ?4)),
    (SELECT coalesce(sum(pieces), 0) FROM tag_here t WHERE t.item_id = item.item_id AND t.place IN (?2, ?3, ?4)),
    (SELECT max(counted_at_ms) FROM stock_counted c WHERE c.item_id = item.item_id),
    (SELECT max(seen_at_ms) FROM tag_here t WHERE t.item_id = item.item_id)
FROM item WHERE item_id = ?1

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
