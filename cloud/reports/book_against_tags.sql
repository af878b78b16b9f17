-- name: rows
SELECT b.store_id, b.business_date::text, b.place, sum(b.items)::bigint AS compared, sum(b.equal)::bigint AS equal,
       CASE WHEN sum(b.items) > 0 THEN (sum(b.equal) * 10000 / sum(b.items))::bigint END AS accuracy_bp,
       sum(b.pieces_missing)::bigint AS pieces_missing, sum(b.pieces_extra)::bigint AS pieces_extra
FROM visible_book_comparison b
WHERE b.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR b.store_id = %(store_id)s)
GROUP BY b.store_id, b.business_date, b.place
ORDER BY b.business_date DESC, b.store_id, b.place
LIMIT %(limit)s;
