-- name: rows
-- Each deposit taken in the period, and what became of it until now.
SELECT p.store_id, s.business_date::text, p.presale_id, coalesce(i.name, p.item_id) AS item_name, p.quantity, p.note, s.currency,
       p.deposit_minor,
       CASE WHEN e.how IS NOT NULL THEN e.how WHEN t.sale_id IS NOT NULL THEN 'settled' ELSE 'open' END AS state,
       coalesce(e.why, '') AS why
FROM visible_presale p
JOIN visible_sale s ON s.store_id = p.store_id AND s.sale_id = p.sale_id
LEFT JOIN item i ON i.item_id = p.item_id
LEFT JOIN LATERAL (SELECT how, why FROM visible_presale_end e WHERE e.store_id = p.store_id AND e.presale_id = p.presale_id
                   ORDER BY e.at_ms LIMIT 1) e ON true
LEFT JOIN LATERAL (SELECT sale_id FROM visible_sale t WHERE t.store_id = p.store_id AND t.presale_id = p.presale_id LIMIT 1) t ON true
WHERE s.business_date BETWEEN %(from_date)s AND %(upto_date)s
  AND (%(store_id)s::text IS NULL OR p.store_id = %(store_id)s)
ORDER BY s.business_date DESC, p.store_id, p.at_ms DESC, p.presale_id
LIMIT %(limit)s;
