-- name: sale_of_receipt
SELECT sale_id FROM visible_sale
WHERE store_id = %(store_id)s AND receipt_till_id = %(till_id)s AND receipt_incarnation = %(incarnation)s
  AND receipt_number = %(number)s;

-- name: store_exists
SELECT 1 FROM store WHERE store_id = %(store_id)s;

-- name: ask
INSERT INTO invoice_request (store_id, sale_id, buyer_name, buyer_tax_number, deliver_to, asked_at_ms, asked_by)
VALUES (%(store_id)s, %(sale_id)s, %(buyer_name)s, %(buyer_tax_number)s, %(deliver_to)s, %(now_ms)s, %(asked_by)s)
ON CONFLICT (store_id, sale_id) DO NOTHING;

-- name: request
SELECT store_id, sale_id, buyer_name, buyer_tax_number, deliver_to, asked_at_ms FROM invoice_request
WHERE store_id = %(store_id)s AND sale_id = %(sale_id)s;

-- name: documents
SELECT document_id, store_id, sale_id, return_id, kind, state, currency, amount_minor, tax_minor, number, detail, made_at_ms
FROM invoice_document WHERE store_id = %(store_id)s AND sale_id = %(sale_id)s AND state <> 'included'
ORDER BY made_at_ms, document_id;

-- name: sales_to_invoice
-- Requests whose sale has arrived and whose invoice is not made yet.
SELECT r.store_id, r.sale_id, s.currency, s.total_minor, s.tax_minor
FROM invoice_request r JOIN visible_sale s ON s.store_id = r.store_id AND s.sale_id = r.sale_id
WHERE NOT s.training
  AND NOT EXISTS (SELECT 1 FROM invoice_document d WHERE d.store_id = r.store_id AND d.sale_id = r.sale_id AND d.kind = 'invoice')
ORDER BY r.asked_at_ms LIMIT %(limit)s FOR UPDATE OF r SKIP LOCKED;

-- name: returns_without_paper
-- Returns of invoiced sales that have no row yet: of one sale, or of all.
SELECT g.store_id AS returned_in, g.return_id, g.sold_store_id AS store_id, g.sale_id, g.currency, g.total_minor, g.tax_minor
FROM visible_goods_return g JOIN invoice_request r ON r.store_id = g.sold_store_id AND r.sale_id = g.sale_id
WHERE (%(store_id)s::text IS NULL OR (g.sold_store_id, g.sale_id) = (%(store_id)s, %(sale_id)s::text))
  AND NOT EXISTS (SELECT 1 FROM invoice_document d
                  WHERE d.store_id = g.sold_store_id AND d.sale_id = g.sale_id AND d.returned_in = g.store_id
                    AND d.return_id = g.return_id)
  AND (%(store_id)s::text IS NOT NULL OR EXISTS (
      SELECT 1 FROM invoice_document d WHERE d.store_id = g.sold_store_id AND d.sale_id = g.sale_id AND d.kind = 'invoice'))
ORDER BY g.at_ms, g.store_id, g.return_id LIMIT %(limit)s;

-- name: put
INSERT INTO invoice_document (document_id, store_id, sale_id, returned_in, return_id, kind, state, currency, amount_minor,
    tax_minor, made_at_ms)
VALUES (%(document_id)s, %(store_id)s, %(sale_id)s, %(returned_in)s, %(return_id)s, %(kind)s, %(state)s, %(currency)s,
    %(amount_minor)s, %(tax_minor)s, %(now_ms)s)
ON CONFLICT (store_id, sale_id, returned_in, return_id) DO NOTHING;

-- name: pending
SELECT d.document_id, d.store_id, d.sale_id, d.return_id, d.kind, d.currency, d.amount_minor, d.tax_minor, d.made_at_ms,
       r.buyer_name, r.buyer_tax_number, r.deliver_to, coalesce(i.number, '') AS invoice_number
FROM invoice_document d
JOIN invoice_request r ON r.store_id = d.store_id AND r.sale_id = d.sale_id
LEFT JOIN invoice_document i ON d.kind = 'red_letter' AND i.store_id = d.store_id AND i.sale_id = d.sale_id AND i.kind = 'invoice'
WHERE d.state = 'pending' AND (d.made_at_ms, d.document_id) > (%(after_ms)s, %(after_id)s)
  -- A red letter names the invoice it takes back: it waits until that has its number.
  AND (d.kind = 'invoice' OR i.state = 'issued')
ORDER BY d.made_at_ms, d.document_id LIMIT %(limit)s;

-- name: document
SELECT document_id, store_id, sale_id, return_id, kind, state, currency, amount_minor, tax_minor, number, detail, made_at_ms
FROM invoice_document WHERE document_id = %(document_id)s FOR UPDATE;

-- name: end
UPDATE invoice_document SET state = %(state)s, number = %(number)s, detail = %(detail)s, ended_at_ms = %(now_ms)s
WHERE document_id = %(document_id)s;

-- name: requests
-- The newest requests first, each with its invoice once that is made, and how many red letters there are.
SELECT r.store_id, r.sale_id, r.buyer_name, r.asked_at_ms, coalesce(i.state, 'waiting') AS state, coalesce(i.currency, '') AS currency,
       i.amount_minor, coalesce(i.number, '') AS number, coalesce(i.detail, '') AS detail,
       (SELECT count(*) FROM invoice_document d
        WHERE d.store_id = r.store_id AND d.sale_id = r.sale_id AND d.kind = 'red_letter' AND d.state <> 'included') AS red_letters
FROM invoice_request r
LEFT JOIN invoice_document i ON i.store_id = r.store_id AND i.sale_id = r.sale_id AND i.kind = 'invoice'
WHERE (%(state)s = '' OR coalesce(i.state, 'waiting') = %(state)s) AND (%(store_id)s = '' OR r.store_id = %(store_id)s)
ORDER BY r.asked_at_ms DESC, r.store_id, r.sale_id LIMIT %(limit)s;
