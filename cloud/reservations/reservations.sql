-- name: reservations
SELECT * FROM (
    SELECT r.store_id, r.reservation_id, r.order_id, r.name, r.due_ms, r.until_ms, r.cancelled_ms, r.added_by, r.added_ms,
           coalesce(a.state, CASE WHEN r.cancelled_ms IS NULL THEN 'asked' ELSE 'cancelled' END) AS state,
           coalesce(a.why, '') AS why, a.at_ms AS answered_ms, coalesce(l.wanted, 0)::bigint AS wanted_thousandths,
           coalesce(h.held, 0)::bigint AS held_thousandths, coalesce(l.line_count, 0)::integer AS line_count
    FROM reservation r
    LEFT JOIN LATERAL (SELECT sum(quantity_thousandths) AS wanted, count(*) AS line_count FROM reservation_line l
                       WHERE l.store_id = r.store_id AND l.reservation_id = r.reservation_id) l ON true
    LEFT JOIN LATERAL (SELECT event_id, state, why, at_ms FROM visible_reservation_answer a
                       WHERE a.store_id = r.store_id AND a.reservation_id = r.reservation_id
                       ORDER BY a.ingest_rev DESC, a.seq DESC LIMIT 1) a ON true
    LEFT JOIN LATERAL (SELECT sum(held_thousandths) AS held FROM visible_reservation_answer h
                       WHERE h.store_id = r.store_id AND h.event_id = a.event_id) h ON true
    WHERE (%(store_id)s::text IS NULL OR r.store_id = %(store_id)s)
      AND (%(reservation_id)s::text IS NULL OR r.reservation_id = %(reservation_id)s)
      AND (r.added_ms, r.reservation_id) < (%(before_ms)s, %(before_id)s)
) found
WHERE %(state)s::text IS NULL OR state = %(state)s
ORDER BY added_ms DESC, reservation_id DESC
LIMIT %(limit)s;

-- name: lines
SELECT l.item_id, coalesce(i.name, '') AS name, l.quantity_thousandths AS wanted_thousandths,
       (SELECT a.held_thousandths FROM visible_reservation_answer a
        WHERE a.store_id = l.store_id AND a.reservation_id = l.reservation_id AND a.item_id = l.item_id
        ORDER BY a.ingest_rev DESC, a.seq DESC LIMIT 1) AS held_thousandths
FROM reservation_line l LEFT JOIN item i USING (item_id)
WHERE l.store_id = %(store_id)s AND l.reservation_id = %(reservation_id)s
ORDER BY l.item_id;

-- name: answers
SELECT DISTINCT ON (ingest_rev, seq) state, why, staff_id, at_ms FROM visible_reservation_answer
WHERE store_id = %(store_id)s AND reservation_id = %(reservation_id)s
ORDER BY ingest_rev, seq, line_no
LIMIT 200;

-- name: known_items
SELECT item_id FROM item WHERE item_id = ANY (%(item_ids)s);

-- name: lock
SELECT order_id, name, due_ms, until_ms, cancelled_ms, in_feed FROM reservation
WHERE store_id = %(store_id)s AND reservation_id = %(reservation_id)s FOR UPDATE;

-- name: lines_asked
SELECT item_id, quantity_thousandths FROM reservation_line
WHERE store_id = %(store_id)s AND reservation_id = %(reservation_id)s ORDER BY item_id;

-- name: add
INSERT INTO reservation (store_id, reservation_id, order_id, name, due_ms, until_ms, added_by, added_ms)
VALUES (%(store_id)s, %(reservation_id)s, %(order_id)s, %(name)s, %(due_ms)s, %(until_ms)s, %(person)s, %(now_ms)s);

-- name: add_line
INSERT INTO reservation_line (store_id, reservation_id, item_id, quantity_thousandths)
VALUES (%(store_id)s, %(reservation_id)s, %(item_id)s, %(quantity)s);

-- name: cancel
UPDATE reservation SET cancelled_ms = %(now_ms)s WHERE store_id = %(store_id)s AND reservation_id = %(reservation_id)s;

-- name: done
-- Reservations the stores need not know any more: handed over, let go, refused, or long over.
UPDATE reservation r SET in_feed = false
WHERE (r.store_id, r.reservation_id) IN (
    SELECT w.store_id, w.reservation_id FROM reservation w
    LEFT JOIN LATERAL (SELECT state FROM visible_reservation_answer a
                       WHERE a.store_id = w.store_id AND a.reservation_id = w.reservation_id
                       ORDER BY a.ingest_rev DESC, a.seq DESC LIMIT 1) a ON true
    WHERE w.in_feed AND (w.until_ms < %(over_ms)s OR a.state IN ('handed_over', 'released')
                         OR (a.state = 'refused' AND w.cancelled_ms IS NOT NULL))
    ORDER BY w.store_id, w.reservation_id LIMIT %(limit)s)
RETURNING r.store_id, r.reservation_id;

-- name: held_of_item
SELECT h.store_id, sum(h.held_thousandths)::bigint AS held_thousandths
FROM reservation r
JOIN LATERAL (SELECT a.store_id, a.held_thousandths, a.state FROM visible_reservation_answer a
              WHERE a.store_id = r.store_id AND a.reservation_id = r.reservation_id AND a.item_id = %(item_id)s
              ORDER BY a.ingest_rev DESC, a.seq DESC LIMIT 1) h ON true
WHERE r.in_feed AND h.state IN ('confirmed', 'partial', 'picked')
GROUP BY h.store_id ORDER BY h.store_id;
