-- name: present
SELECT raw, bits, spot FROM tag_presence WHERE gone = 0

-- name: row
SELECT book_place, gone FROM tag_presence WHERE raw = ? AND bits = ?

-- name: arrived
INSERT INTO tag_presence (raw, bits, epc, gtin, item_id, spot, place, book_place, arrived_ms, moved_ms, gone)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 0)
ON CONFLICT (raw, bits) DO UPDATE SET item_id = excluded.item_id, spot = excluded.spot, place = excluded.place,
    book_place = excluded.book_place, arrived_ms = excluded.arrived_ms, moved_ms = excluded.moved_ms, gone = 0

-- name: moved
UPDATE tag_presence SET spot = ?3, place = ?4, moved_ms = ?5, gone = 0,
    book_place = CASE WHEN book_place = '' THEN ?4 ELSE book_place END WHERE raw = ?1 AND bits = ?2

-- name: departed
UPDATE tag_presence SET gone = 1, moved_ms = ?3 WHERE raw = ?1 AND bits = ?2

-- name: astray
-- Tags that stand elsewhere than in the book, for a while, and are still the store's.
SELECT p.epc, p.gtin, p.item_id, p.book_place, p.place FROM tag_presence AS p LEFT JOIN tag_fate AS f ON f.epc = p.epc
WHERE p.place <> p.book_place AND p.gone = 0 AND p.moved_ms <= ?1 AND p.place <> '' AND p.book_place <> '' AND p.item_id <> ''
    AND coalesce(f.fate, 'returned') = 'returned'
ORDER BY p.book_place, p.place, p.item_id, p.epc LIMIT ?2

-- name: booked
UPDATE tag_presence SET book_place = place WHERE epc = ?

-- name: put_book_place
UPDATE tag_presence SET book_place = ?2 WHERE epc = ?1

-- name: by_epc
SELECT epc, gtin, item_id, spot, place, arrived_ms, moved_ms, gone, raw, bits FROM tag_presence WHERE epc = ?

-- name: of_item
SELECT epc, gtin, item_id, spot, place, arrived_ms, moved_ms, gone, raw, bits FROM tag_presence WHERE item_id = ?1
ORDER BY gone, moved_ms DESC, epc LIMIT ?2

-- name: counts_by_place
SELECT place, count(*) FROM tag_presence WHERE item_id = ? AND gone = 0 GROUP BY place ORDER BY place

-- name: prune
DELETE FROM tag_presence WHERE gone = 1 AND moved_ms < ?
