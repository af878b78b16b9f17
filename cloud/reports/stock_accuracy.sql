-- name: rows
SELECT c.store_id, c.business_date::text, c.place, count(*)::bigint AS counted,
       count(*) FILTER (WHERE c.counted_thousandths = c.expected_thousandths)::bigint AS equal,
       (count(*) FILTER (WHERE c.counted_thousandths = c.expected_thousandths) * 10000 / count(*))::bigint AS accuracy_bp,
       sum(greatest(c.expected_thousandths - c.counted_thousandths, 0))::bigint AS missing_thousandths,
       sum(greatest(c.counted_thousandths - c.expected_thousandths, 0))::bigint AS extra_thousandths
FROM (SELECT store_id, business_date, place, count_id, item_id, sum(expected_thousandths) AS expected_thousandths,
             sum(counted_thousandths) AS counted_thousandths
      FROM visible_stock_count
      WHERE business_date BETWEEN %(from_date)s AND %(upto_date)s AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)
      GROUP BY store_id, business_date, place, count_id, item_id) c
GROUP BY c.store_id, c.business_date, c.place
ORDER BY c.business_date DESC, c.store_id, c.place
LIMIT %(limit)s;
