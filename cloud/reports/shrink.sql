-- name: rows
-- Goods that are stock no more without having been sold, at what they cost, or at today's shelf price where no cost is known.
WITH lost AS (
    SELECT store_id, item_id, reference AS reason, -quantity_thousandths AS thousandths FROM visible_stock_move
    WHERE reason = 'write_off' AND business_date BETWEEN %(from_date)s AND %(upto_date)s
      AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)
    UNION ALL
    SELECT store_id, item_id, CASE WHEN quantity_thousandths < 0 THEN 'count_loss' ELSE 'count_gain' END, -quantity_thousandths
    FROM visible_stock_move
    WHERE reason = 'count' AND business_date BETWEEN %(from_date)s AND %(upto_date)s
      AND (%(store_id)s::text IS NULL OR store_id = %(store_id)s)
    UNION ALL
    SELECT g.store_id, g.item_id, 'gate_stolen', 1000 FROM visible_gate_alarm g
    JOIN visible_gate_alarm_end e ON e.store_id = g.store_id AND e.alarm_id = g.alarm_id AND e.outcome = 'stolen'
    WHERE g.business_date BETWEEN %(from_date)s AND %(upto_date)s
      AND (%(store_id)s::text IS NULL OR g.store_id = %(store_id)s)
), summed AS (
    SELECT store_id, item_id, reason, sum(thousandths) AS thousandths FROM lost GROUP BY store_id, item_id, reason
)
SELECT l.store_id, l.reason, sum(l.thousandths)::bigint AS lost_thousandths, z.currency,
       round(sum(l.thousandths * coalesce(c.cost_minor, p.price_minor, 0)) / 1000)::bigint AS value_minor,
       count(*) FILTER (WHERE coalesce(c.cost_minor, p.price_minor) IS NULL)::bigint AS without_value
FROM summed l
JOIN store s USING (store_id)
JOIN zone z ON z.zone = s.zone
LEFT JOIN item_cost c ON c.item_id = l.item_id AND c.currency = z.currency
LEFT JOIN LATERAL (
    SELECT x.price_minor FROM price x
    WHERE x.item_id = l.item_id AND x.feed_id = 'zone/' || s.zone || '/price' AND x.customer_group = ''
      AND x.price_kind = 'regular' AND x.withdrawn_at_ms IS NULL
    ORDER BY x.revision DESC LIMIT 1
) p ON true
GROUP BY l.store_id, l.reason, z.currency
ORDER BY value_minor DESC, l.store_id, l.reason
LIMIT %(limit)s;
