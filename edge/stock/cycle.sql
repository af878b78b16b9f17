-- name: due
SELECT s.item_id, coalesce(item.name, s.item_id), coalesce(item.name_zh, ''), s.on_hand_thousandths, c.counted_at_ms
FROM stock s LEFT JOIN item USING (item_id) LEFT JOIN stock_counted c ON c.item_id = s.item_id AND c.place = s.place
WHERE s.place = ?1 AND (s.on_hand_thousandths <> 0 OR c.counted_at_ms IS NULL)
ORDER BY s.on_hand_thousandths >= 0, coalesce(c.counted_at_ms, 0), s.item_id LIMIT ?2
