-- name: rows
SELECT a.store_id, a.business_date::text, a.accuracy_bp,
       CASE WHEN a.passed THEN 'passed' WHEN a.checked_count = 0 THEN 'nothing checked' ELSE 'failed' END AS result,
       a.checked_count, a.overcharge_count, a.undercharge_count, a.missing_count, a.unchecked_count, a.currency,
       a.overcharge_minor, a.seed, a.staff_id
FROM visible_shelf_audit a
WHERE a.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR a.store_id = %(store_id)s)
ORDER BY a.at_ms DESC, a.store_id, a.audit_id
LIMIT %(limit)s;
