-- name: rows
SELECT business_date::text, tax_class, rate_bp::bigint AS rate_bp, currency, sum(gross_minor - tax_minor)::bigint AS net_minor,
       sum(tax_minor)::bigint AS tax_minor, sum(gross_minor)::bigint AS gross_minor
FROM (
    SELECT s.store_id, s.business_date, s.currency, l.tax_class, l.tax_rate_bp AS rate_bp, l.tax_minor,
           l.net_minor + CASE WHEN s.tax_mode = 'exclusive' THEN l.tax_minor ELSE 0 END AS gross_minor
    FROM visible_sale s JOIN visible_sale_line l USING (store_id, sale_id)
    WHERE s.business_date BETWEEN %(from_date)s AND %(upto_date)s AND NOT s.training
    UNION ALL
    SELECT r.store_id, r.business_date, r.currency, l.tax_class, l.tax_rate_bp, -l.tax_minor, -l.refund_minor
    FROM visible_goods_return r JOIN visible_goods_return_line l USING (store_id, return_id)
    WHERE r.business_date BETWEEN %(from_date)s AND %(upto_date)s
) lines
WHERE %(store_id)s::text IS NULL OR store_id = %(store_id)s
GROUP BY business_date, tax_class, rate_bp, currency
ORDER BY business_date, rate_bp, tax_class, currency
LIMIT %(limit)s;
