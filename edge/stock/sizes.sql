-- name: style_of
SELECT style_id, colour, size FROM item WHERE item_id = ? AND active = 1

-- name: styles
SELECT DISTINCT style_id, colour FROM item WHERE size <> '' AND style_id <> ''

-- name: by_size
SELECT item.size, sum(CASE WHEN stock.place IN (?3, ?4, ?5) THEN stock.on_hand_thousandths ELSE 0 END)
FROM item JOIN stock USING (item_id)
WHERE item.style_id = ?1 AND item.colour = ?2 AND item.active = 1 AND item.size <> '' GROUP BY item.size ORDER BY min(item.item_id)

-- name: put_gap
INSERT INTO stock_size_gap (style_id, colour, missing, since_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (style_id, colour) DO UPDATE SET missing = excluded.missing

-- name: drop_gap
DELETE FROM stock_size_gap WHERE style_id = ? AND colour = ?

-- name: gaps
SELECT g.style_id, coalesce(style.name, g.style_id), coalesce(style.name_zh, ''), g.colour, g.missing, g.since_ms
FROM stock_size_gap g LEFT JOIN style USING (style_id) ORDER BY g.since_ms, g.style_id, g.colour LIMIT ?
