-- name: newest
SELECT a.tx::text::bigint, a.store_id, a.ingest_rev, s.seq, a.at_ms, s.sale_id, s.till_id, s.cashier_id, s.receipt_till_id,
       s.receipt_incarnation, s.receipt_number, s.currency, s.total_minor, s.line_count, s.closed_at_ms, s.clock,
       s.business_date::text
FROM (
    SELECT tx, store_id, ingest_rev, at_ms FROM visible_ingest_step
    WHERE sale_count > 0 AND (tx, store_id, ingest_rev) <= (%(tx)s::text::xid8, %(store_id)s, %(ingest_rev)s)
    ORDER BY tx DESC, store_id DESC, ingest_rev DESC
    LIMIT %(limit)s + 1
) a
JOIN visible_sale s ON s.store_id = a.store_id AND s.ingest_rev = a.ingest_rev
WHERE (a.tx, a.store_id, a.ingest_rev, s.seq) < (%(tx)s::text::xid8, %(store_id)s, %(ingest_rev)s, %(seq)s)
ORDER BY a.tx DESC, a.store_id DESC, a.ingest_rev DESC, s.seq DESC
LIMIT %(limit)s;

-- name: newest_of_store
SELECT a.tx::text::bigint, s.store_id, s.ingest_rev, s.seq, a.at_ms, s.sale_id, s.till_id, s.cashier_id, s.receipt_till_id,
       s.receipt_incarnation, s.receipt_number, s.currency, s.total_minor, s.line_count, s.closed_at_ms, s.clock,
       s.business_date::text
FROM visible_sale s JOIN visible_ingest_step a ON a.store_id = s.store_id AND a.ingest_rev = s.ingest_rev
WHERE s.store_id = %(only)s AND (s.ingest_rev, s.seq) < (%(ingest_rev)s, %(seq)s)
ORDER BY s.ingest_rev DESC, s.seq DESC
LIMIT %(limit)s;

-- name: since
SELECT a.tx::text::bigint, a.store_id, a.ingest_rev, s.seq, a.at_ms, s.sale_id, s.till_id, s.cashier_id, s.receipt_till_id,
       s.receipt_incarnation, s.receipt_number, s.currency, s.total_minor, s.line_count, s.closed_at_ms, s.clock,
       s.business_date::text
FROM (
    SELECT tx, store_id, ingest_rev, at_ms FROM visible_ingest_step
    WHERE sale_count > 0 AND (tx, store_id, ingest_rev) >= (%(tx)s::text::xid8, %(store_id)s, %(ingest_rev)s)
      AND tx < pg_snapshot_xmin(pg_current_snapshot()) AND (%(only)s::text IS NULL OR store_id = %(only)s)
    ORDER BY tx, store_id, ingest_rev
    LIMIT %(limit)s + 1
) a
JOIN visible_sale s ON s.store_id = a.store_id AND s.ingest_rev = a.ingest_rev
WHERE (a.tx, a.store_id, a.ingest_rev, s.seq) > (%(tx)s::text::xid8, %(store_id)s, %(ingest_rev)s, %(seq)s)
ORDER BY a.tx, a.store_id, a.ingest_rev, s.seq
LIMIT %(limit)s;

-- name: horizon
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint;

-- name: sale
SELECT store_id, sale_id, incarnation, seq, event_id, command_id, till_id, cashier_id, shift_id, receipt_till_id,
       receipt_incarnation, receipt_number, currency, tax_mode, place, total_minor, tax_minor, rounding_minor,
       promotion_bundle, price_feed_version, member_id, opened_at_ms, closed_at_ms, clock, business_date::text
FROM visible_sale WHERE store_id = %(store_id)s AND sale_id = %(sale_id)s;

-- name: lines
SELECT line_no, item_id, name, gtin, quantity, grams, stock_thousandths, unit_price_minor, price_revision, list_price_minor,
       price_reason, label_revision, net_minor, tax_class, tax_rate_bp, tax_minor, batch, serial, discounts, overrides
FROM visible_sale_line WHERE store_id = %(store_id)s AND sale_id = %(sale_id)s ORDER BY line_no;

-- name: tenders
SELECT tender_no, kind, amount_minor, change_minor, reference
FROM visible_tender WHERE store_id = %(store_id)s AND sale_id = %(sale_id)s ORDER BY tender_no;

-- name: returns
SELECT r.store_id, r.return_id, r.policy, r.unverified, r.at_ms, l.sold_line_no AS line_no, l.item_id, l.name, l.quantity, l.grams,
       l.reason, l.refund_minor
FROM visible_goods_return r JOIN visible_goods_return_line l ON l.store_id = r.store_id AND l.return_id = r.return_id
WHERE r.sold_store_id = %(store_id)s AND r.sale_id = %(sale_id)s ORDER BY r.at_ms, r.store_id, r.return_id, l.return_no;

-- name: counts
SELECT store_id, at_ms / 60000 * 60000 AS minute_ms, sum(sale_count)::bigint AS sales
FROM visible_ingest_step
WHERE at_ms >= %(from_ms)s AND sale_count > 0 AND (%(only)s::text IS NULL OR store_id = %(only)s)
GROUP BY 1, 2 ORDER BY 2, 1;

-- name: totals
SELECT store_id, currency, business_date::text, count(*)::bigint AS sales, sum(total_minor)::bigint AS total_minor
FROM visible_sale
WHERE closed_at_ms >= %(from_ms)s AND (%(only)s::text IS NULL OR store_id = %(only)s)
GROUP BY 1, 2, 3 ORDER BY 3 DESC, 1, 2;
