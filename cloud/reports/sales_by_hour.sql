-- name: rows
SELECT to_char(to_timestamp(s.closed_at_ms / 1000.0) AT TIME ZONE p.time_zone, 'HH24') || ':00' AS hour, s.currency,
       count(*) AS sale_count, sum(s.line_count)::bigint AS line_count, sum(s.total_minor)::bigint AS total_minor
FROM visible_sale s JOIN store p USING (store_id)
WHERE s.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR s.store_id = %(store_id)s)
GROUP BY 1, 2
ORDER BY 1, 2
LIMIT %(limit)s;
