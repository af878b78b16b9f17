-- name: one
SELECT name, name_zh, tagged,
    (SELECT coalesce(sum(on_hand_thousandths), 0) FROM stock s WHERE s.item_id = item.item_id AND s.place IN (?2, ?3, ?4)),
    (SELECT count(*) FROM goods_tag t WHERE t.item_id = item.item_id AND t.state = 'received'),
    (SELECT max(counted_at_ms) FROM stock_counted c WHERE c.item_id = item.item_id),
    (SELECT max(seen_at_ms) FROM goods_tag t WHERE t.item_id = item.item_id AND t.state = 'received')
FROM item WHERE item_id = ?1

-- name: all
SELECT item_id, book, tags FROM (
    SELECT item.item_id,
        (SELECT coalesce(sum(on_hand_thousandths), 0) FROM stock s WHERE s.item_id = item.item_id AND s.place IN (?1, ?2, ?3)) AS book,
        (SELECT count(*) FROM goods_tag t WHERE t.item_id = item.item_id AND t.state = 'received') AS tags
    FROM item WHERE tagged = 1)
WHERE book <> 0 OR tags > 0 ORDER BY item_id

-- name: told
SELECT 1 FROM book_compared WHERE comparison_id = ?

-- name: put
INSERT INTO book_compared (comparison_id, place, at_ms, items, equal, pieces_missing, pieces_extra) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: latest
SELECT comparison_id, at_ms, items, equal, pieces_missing, pieces_extra FROM book_compared ORDER BY at_ms DESC LIMIT ?

-- name: prune
DELETE FROM book_compared WHERE at_ms < ?
