-- name: rows
SELECT e.store_id, to_char(to_timestamp(e.at_ms / 1000.0) AT TIME ZONE p.time_zone, 'YYYY-MM-DD HH24:MI:SS') AS at, e.till_id, e.code,
       e.event, e.cashier_id, e.approver_id, z.currency, e.amount_minor, e.detail, e.before, e.after
FROM (
    SELECT store_id, at_ms, till_id, code::bigint AS code, CASE code
               WHEN 13003 THEN 'login' WHEN 13004 THEN 'logout' WHEN 13008 THEN 'x_report' WHEN 13010 THEN 'suspended'
               WHEN 13011 THEN 'resumed' WHEN 13014 THEN 'copy' WHEN 13021 THEN 'price_change' WHEN 13028 THEN 'void'
               WHEN 11008 THEN 'cash_difference' ELSE 'other' END AS event,
           cashier_id, approver_id, amount_minor, detail, before, after
    FROM visible_till_event
    UNION ALL
    SELECT store_id, at_ms, till_id, 13005, 'drawer', cashier_id, approver_id, 0, reason, '', '' FROM visible_drawer_opening
    UNION ALL
    SELECT store_id, at_ms, till_id, 13028, 'void', cashier_id, '', net_minor, item_id, quantity::text, '' FROM visible_line_void
    UNION ALL
    SELECT store_id, at_ms, till_id, 13028, 'abandoned', cashier_id, '', total_minor, sale_id, '', '' FROM visible_sale_abandoned
    UNION ALL
    SELECT store_id, at_ms, till_id, CASE WHEN amount_minor < 0 THEN 13019 ELSE 13020 END, 'cash', cashier_id, approver_id,
           amount_minor, why, '', '' FROM visible_cash_move
    UNION ALL
    SELECT store_id, at_ms, till_id, 13009, 'z_report', cashier_id, approver_id, difference_minor, why, '', ''
    FROM visible_shift_closing
) e
JOIN store p USING (store_id)
JOIN zone z ON z.zone = p.zone
WHERE e.at_ms >= extract(epoch FROM %(from_date)s::timestamp AT TIME ZONE p.time_zone) * 1000
  AND e.at_ms < extract(epoch FROM (%(upto_date)s::timestamp + interval '1 day') AT TIME ZONE p.time_zone) * 1000
  AND (%(store_id)s::text IS NULL OR e.store_id = %(store_id)s)
ORDER BY e.at_ms DESC, e.store_id, e.till_id
LIMIT %(limit)s;
