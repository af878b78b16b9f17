-- name: rows
SELECT l.store_id, l.business_date::text, l.item_id, coalesce(i.name, l.item_id) AS name, l.finding, l.currency, l.seen_minor,
       l.till_minor, l.till_minor - l.seen_minor AS difference_minor, l.stratum, l.label_id
FROM visible_shelf_audit_line l LEFT JOIN item i USING (item_id)
WHERE l.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR l.store_id = %(store_id)s)
  AND l.finding IN ('overcharge', 'undercharge', 'missing')
ORDER BY abs(l.till_minor - l.seen_minor) DESC NULLS LAST, l.store_id, l.audit_id, l.line_no
LIMIT %(limit)s;
