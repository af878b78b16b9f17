-- name: due
SELECT n, store_id, what, ref, part, coupon_id, tries FROM value_due
WHERE not_before_ms <= %(now_ms)s ORDER BY n LIMIT %(limit)s;

-- name: claim
SELECT n FROM value_due WHERE n = %(n)s FOR UPDATE SKIP LOCKED;

-- name: done
DELETE FROM value_due WHERE n = %(n)s;

-- name: later
UPDATE value_due SET tries = tries + 1, not_before_ms = %(not_before_ms)s WHERE n = %(n)s;

-- name: book
INSERT INTO value_booked (store_id, what, ref, part, coupon_id)
VALUES (%(store_id)s, %(what)s, %(ref)s, %(part)s, %(coupon_id)s)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: tender
SELECT t.kind, t.amount_minor, t.units, t.reference, t.attempt_id, s.member_id, s.training
FROM visible_tender t JOIN visible_sale s ON s.store_id = t.store_id AND s.sale_id = t.sale_id
WHERE t.store_id = %(store_id)s AND t.sale_id = %(ref)s AND t.tender_no = %(part)s;

-- name: coupon
SELECT c.coupon_id, c.reservation_id, coalesce(s.training, false)
FROM visible_sale_coupon c LEFT JOIN visible_sale s ON s.store_id = c.store_id AND s.sale_id = c.sale_id
WHERE c.store_id = %(store_id)s AND c.sale_id = %(ref)s AND c.coupon_id = %(coupon_id)s;

-- name: card
SELECT l.reference, l.net_minor, s.currency, s.training
FROM visible_sale_line l JOIN visible_sale s ON s.store_id = l.store_id AND s.sale_id = l.sale_id
WHERE l.store_id = %(store_id)s AND l.sale_id = %(ref)s AND l.line_no = %(part)s;

-- name: earned
SELECT s.member_id, s.points_earned, s.closed_at_ms, s.training
FROM visible_sale s JOIN member m ON m.member_id = s.member_id
WHERE s.store_id = %(store_id)s AND s.sale_id = %(ref)s;

-- name: visited
INSERT INTO member_visit (store_id, member_id, last_at_ms) VALUES (%(store_id)s, %(member_id)s, %(at_ms)s)
ON CONFLICT (store_id, member_id) DO UPDATE SET last_at_ms = greatest(member_visit.last_at_ms, excluded.last_at_ms)
RETURNING (xmax = 0) AS first;

-- name: tell_stores
UPDATE member SET feed_due = true WHERE member_id = %(member_id)s;

-- name: points_months
SELECT points_months FROM member_policy;

-- name: refund
SELECT t.amount_minor, t.reference, t.attempt_id, r.sold_store_id, r.sale_id, r.currency
FROM visible_return_tender t JOIN visible_goods_return r ON r.store_id = t.store_id AND r.return_id = t.return_id
WHERE t.store_id = %(store_id)s AND t.return_id = %(ref)s AND t.tender_no = %(part)s;

-- name: returned
SELECT coalesce(nullif(r.member_id, ''), s.member_id), r.points_taken_back, r.points_given_back, r.sold_store_id, r.sale_id,
       s.sale_id IS NOT NULL AS sale_known
FROM visible_goods_return r LEFT JOIN visible_sale s ON s.store_id = r.sold_store_id AND s.sale_id = r.sale_id
WHERE r.store_id = %(store_id)s AND r.return_id = %(ref)s;

-- name: waits_for
-- Whether something of that sale is still to be booked.
SELECT 1 FROM value_due WHERE store_id = %(store_id)s AND ref = %(sale_id)s AND what IN ('tender', 'earned') LIMIT 1;

-- name: cards_of_sale
-- The gift cards a sale was paid with: who took them, newest first.
SELECT DISTINCT m.account_id FROM value_movement m JOIN value_account a ON a.account_id = m.account_id
WHERE m.store_id = %(store_id)s AND m.sale_id = %(sale_id)s AND m.what = 'consume' AND a.kind = 'gift_card'
ORDER BY m.account_id;

-- name: clash
INSERT INTO stored_value_clash (store_id, sale_id, value_kind, account_id, tail, member_id, currency, amount, short, why, at_ms)
SELECT %(store_id)s, %(sale_id)s, %(kind)s, %(account_id)s, %(tail)s, %(member_id)s,
       CASE WHEN %(kind)s = 'gift_card' THEN coalesce((SELECT s.currency FROM visible_sale s WHERE s.store_id = %(store_id)s
                                                       AND s.sale_id = %(sale_id)s), '') ELSE '' END,
       %(amount)s, %(short)s, %(why)s, %(now_ms)s;
