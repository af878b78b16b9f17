-- name: lock
-- One after the other for each sale, whichever stores ask.
SELECT pg_advisory_xact_lock(hashtextextended(%(sold_store_id)s || '/' || %(sale_id)s, 670));

-- name: sale_by_receipt
SELECT store_id, sale_id, command_id, till_id, cashier_id, shift_id, receipt_till_id, receipt_incarnation, receipt_number, currency,
       tax_mode, total_minor, tax_minor, rounding_minor, promotion_bundle, price_feed_version, member_id, opened_at_ms,
       closed_at_ms, points_earned, training
FROM visible_sale
WHERE store_id = %(store_id)s AND receipt_till_id = %(till_id)s AND receipt_incarnation = %(incarnation)s
  AND receipt_number = %(number)s;

-- name: lines
SELECT line_no, item_id, name, gtin, quantity, grams, stock_thousandths, unit_price_minor, price_revision, list_price_minor,
       price_reason, label_revision, net_minor, tax_class, tax_rate_bp, tax_minor, batch, serial, discounts, overrides, line_kind,
       bases
FROM visible_sale_line WHERE store_id = %(sold_store_id)s AND sale_id = %(sale_id)s ORDER BY line_no;

-- name: tenders
SELECT kind, amount_minor, change_minor, reference, attempt_id, units
FROM visible_tender WHERE store_id = %(sold_store_id)s AND sale_id = %(sale_id)s ORDER BY tender_no;

-- name: coupons
SELECT coupon_id, promotion_id, saved_minor, reservation_id
FROM visible_sale_coupon WHERE store_id = %(sold_store_id)s AND sale_id = %(sale_id)s ORDER BY coupon_id;

-- name: returns
SELECT store_id, return_id, policy FROM visible_goods_return
WHERE sold_store_id = %(sold_store_id)s AND sale_id = %(sale_id)s ORDER BY at_ms, store_id, return_id;

-- name: return_lines
SELECT store_id, return_id, sold_line_no, first_unit, quantity, refund_minor FROM visible_goods_return_line
WHERE sold_store_id = %(sold_store_id)s AND sale_id = %(sale_id)s ORDER BY store_id, return_id, return_no;

-- name: return_tenders
SELECT t.store_id, t.return_id, t.kind, t.amount_minor, t.reference, t.units
FROM visible_return_tender t JOIN visible_goods_return r ON r.store_id = t.store_id AND r.return_id = t.return_id
WHERE r.sold_store_id = %(sold_store_id)s AND r.sale_id = %(sale_id)s ORDER BY t.store_id, t.return_id, t.tender_no;

-- name: sold_units
SELECT line_no, CASE WHEN line_kind = 'gift_card' THEN 0 WHEN grams IS NULL THEN quantity ELSE 1 END
FROM visible_sale_line WHERE store_id = %(sold_store_id)s AND sale_id = %(sale_id)s;

-- name: units_taken
SELECT sold_line_no, unit_no::bigint
FROM visible_goods_return_line, generate_series(first_unit, first_unit + quantity - 1) unit_no
WHERE sold_store_id = %(sold_store_id)s AND sale_id = %(sale_id)s
UNION
SELECT line_no, unit_no FROM return_reservation
WHERE sold_store_id = %(sold_store_id)s AND sale_id = %(sale_id)s AND expires_ms > %(now_ms)s
  AND (by_store_id, basket_id) <> (%(by_store_id)s, %(basket_id)s);

-- name: let_go
DELETE FROM return_reservation
WHERE sold_store_id = %(sold_store_id)s AND sale_id = %(sale_id)s
  AND ((by_store_id, basket_id) = (%(by_store_id)s, %(basket_id)s) OR expires_ms <= %(now_ms)s);

-- name: set_aside
INSERT INTO return_reservation (sold_store_id, sale_id, line_no, unit_no, by_store_id, basket_id, expires_ms)
SELECT %(sold_store_id)s, %(sale_id)s, line_no, unit_no, %(by_store_id)s, %(basket_id)s, %(expires_ms)s
FROM unnest(%(lines)s::integer[], %(units)s::bigint[]) AS wanted (line_no, unit_no);

-- name: tidy
DELETE FROM return_reservation WHERE ctid IN (
    SELECT ctid FROM return_reservation WHERE expires_ms <= %(now_ms)s ORDER BY expires_ms LIMIT %(limit)s);

-- name: clashes
-- Units that came back more than once, or that were never sold, newest first. A sale that is not here yet cannot be judged.
WITH units AS (
    SELECT l.sold_store_id, l.sale_id, l.sold_line_no, unit_no, l.store_id, l.return_id, l.at_ms, l.refund_minor, l.quantity
    FROM visible_goods_return_line l, generate_series(l.first_unit, l.first_unit + l.quantity - 1) unit_no
    WHERE l.sale_id <> '' AND l.at_ms >= %(from_ms)s
), lines AS (
    SELECT u.sold_store_id, u.sale_id, u.sold_line_no, count(*) AS returned, count(DISTINCT unit_no) AS units, max(unit_no) AS last,
           max(u.at_ms) AS at_ms, array_agg(DISTINCT u.store_id || '/' || u.return_id) AS returns,
           sum(u.refund_minor / greatest(u.quantity, 1))::bigint AS refund_minor
    FROM units u GROUP BY 1, 2, 3
)
SELECT l.sold_store_id, l.sale_id, l.sold_line_no AS line_no, coalesce(s.item_id, '') AS item_id, coalesce(s.name, '') AS name,
       CASE WHEN s.grams IS NULL THEN s.quantity ELSE 1 END AS sold, l.returned, l.refund_minor, l.at_ms, l.returns
FROM lines l
LEFT JOIN visible_sale_line s ON s.store_id = l.sold_store_id AND s.sale_id = l.sale_id AND s.line_no = l.sold_line_no
WHERE (l.returned > l.units OR (s.quantity IS NOT NULL AND l.last >= CASE WHEN s.grams IS NULL THEN s.quantity ELSE 1 END))
  AND (%(store_id)s::text IS NULL OR l.sold_store_id = %(store_id)s)
ORDER BY l.at_ms DESC, l.sold_store_id, l.sale_id, l.sold_line_no
LIMIT %(limit)s;
