-- name: shifts
SELECT c.store_id, c.shift_id, c.till_id, c.cashier_id, o.at_ms AS opened_at_ms, c.at_ms AS closed_at_ms, c.sale_count,
       c.expected_minor, c.counted_minor, c.difference_minor, c.cash_in_minor, c.cash_out_minor, c.why, c.approver_id, c.z_number,
       coalesce(c.business_date, (to_timestamp(c.at_ms / 1000.0) AT TIME ZONE p.time_zone)::date)::text AS business_date,
       z.currency
FROM visible_shift_closing c
JOIN store p USING (store_id)
JOIN zone z ON z.zone = p.zone
LEFT JOIN visible_shift_opening o ON o.store_id = c.store_id AND o.shift_id = c.shift_id
WHERE coalesce(c.business_date, (to_timestamp(c.at_ms / 1000.0) AT TIME ZONE p.time_zone)::date)
      BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR c.store_id = %(store_id)s)
ORDER BY c.at_ms DESC, c.store_id, c.shift_id
LIMIT %(limit)s;

-- name: open_shifts
SELECT o.store_id, o.shift_id, o.till_id, o.cashier_id, o.at_ms AS opened_at_ms, o.float_minor, z.currency
FROM visible_shift_opening o
JOIN store p USING (store_id)
JOIN zone z ON z.zone = p.zone
WHERE NOT EXISTS (
    SELECT 1 FROM visible_shift_closing c WHERE c.store_id = o.store_id AND c.shift_id = o.shift_id
) AND (%(store_id)s::text IS NULL OR o.store_id = %(store_id)s)
ORDER BY o.at_ms DESC
LIMIT %(limit)s;

-- name: tenders
SELECT kind, expected_minor, counted_minor, sales, refunds_minor
FROM visible_shift_tender WHERE store_id = %(store_id)s AND shift_id = %(shift_id)s ORDER BY kind <> 'cash', kind;

-- name: span_of_shift
SELECT o.ingest_rev AS from_rev,
       coalesce((SELECT max(c.ingest_rev) FROM visible_shift_closing c WHERE c.store_id = o.store_id AND c.shift_id = o.shift_id),
                9223372036854775807) AS upto_rev
FROM visible_shift_opening o WHERE o.store_id = %(store_id)s AND o.shift_id = %(shift_id)s
ORDER BY o.ingest_rev LIMIT 1;

-- name: span_of_day
SELECT min(ingest_rev) AS from_rev, max(ingest_rev) AS upto_rev FROM (
    SELECT ingest_rev FROM visible_sale WHERE store_id = %(store_id)s AND business_date = %(day)s
    UNION ALL
    SELECT ingest_rev FROM visible_goods_return WHERE store_id = %(store_id)s AND business_date = %(day)s
    UNION ALL
    SELECT ingest_rev FROM visible_shift_closing WHERE store_id = %(store_id)s AND business_date = %(day)s
    UNION ALL
    SELECT e.ingest_rev FROM visible_till_event e JOIN store p USING (store_id)
    WHERE e.store_id = %(store_id)s AND (to_timestamp(e.at_ms / 1000.0) AT TIME ZONE p.time_zone)::date = %(day)s
) revs;

-- name: batches
SELECT first_seq, payload FROM visible_journal_batch
WHERE store_id = %(store_id)s AND stream = 'txn' AND ingest_rev BETWEEN %(from_rev)s AND %(upto_rev)s
ORDER BY incarnation, first_seq;

-- name: place
SELECT z.currency, z.minor_digits, p.time_zone FROM store p JOIN zone z ON z.zone = p.zone WHERE p.store_id = %(store_id)s;

-- name: movements
SELECT e.attempt_id, e.sale_id, e.till_id, e.method, e.amount_minor, e.at_ms, e.reference, e.card_tail,
       EXISTS (SELECT 1 FROM visible_tender t WHERE t.store_id = e.store_id AND t.attempt_id = e.attempt_id)
       OR EXISTS (SELECT 1 FROM visible_return_tender r WHERE r.store_id = e.store_id AND r.attempt_id = e.attempt_id) AS booked,
       a.reverses_id
FROM visible_payment_ended e
LEFT JOIN visible_payment_asked a ON a.store_id = e.store_id AND a.attempt_id = e.attempt_id
JOIN store p ON p.store_id = e.store_id
WHERE e.store_id = %(store_id)s AND e.outcome IN ('approved', 'reversed') AND e.method NOT IN ('cash', 'gift_card', 'points')
  AND (to_timestamp(e.at_ms / 1000.0) AT TIME ZONE p.time_zone)::date = %(day)s
ORDER BY e.at_ms, e.attempt_id
LIMIT %(limit)s;

-- name: add_file
INSERT INTO acquirer_file (store_id, file_id, name, line_count, added_at_ms, added_by)
VALUES (%(store_id)s, %(file_id)s, %(name)s, %(line_count)s, %(added_at_ms)s, %(added_by)s)
ON CONFLICT DO NOTHING;

-- name: add_line
INSERT INTO acquirer_line (store_id, file_id, line_no, reference, attempt_id, method, amount_minor, currency, at_ms, card_tail,
                           terminal_id)
VALUES (%(store_id)s, %(file_id)s, %(line_no)s, %(reference)s, %(attempt_id)s, %(method)s, %(amount_minor)s, %(currency)s,
        %(at_ms)s, %(card_tail)s, %(terminal_id)s);

-- name: drop_file
DELETE FROM acquirer_file WHERE store_id = %(store_id)s AND file_id = %(file_id)s;

-- name: files
SELECT f.file_id, f.name, f.line_count, f.added_at_ms, f.added_by
FROM acquirer_file f JOIN store p USING (store_id)
WHERE f.store_id = %(store_id)s AND EXISTS (
    SELECT 1 FROM acquirer_line l WHERE l.store_id = f.store_id AND l.file_id = f.file_id
      AND (to_timestamp(l.at_ms / 1000.0) AT TIME ZONE p.time_zone)::date = %(day)s
) ORDER BY f.added_at_ms, f.file_id;

-- name: acquirer_lines
SELECT l.line_no, l.reference, l.attempt_id, l.method, l.amount_minor, l.currency, l.at_ms, l.card_tail, l.terminal_id
FROM acquirer_line l JOIN store p USING (store_id)
WHERE l.store_id = %(store_id)s AND (to_timestamp(l.at_ms / 1000.0) AT TIME ZONE p.time_zone)::date = %(day)s
ORDER BY l.at_ms, l.file_id, l.line_no
LIMIT %(limit)s;
