-- name: proposals
SELECT p.store_id, p.proposal_id, p.at_ms, p.item_id, coalesce(i.name, '') AS name, p.place, p.batch, p.expires,
       p.quantity_thousandths, p.off_bp, z.currency, b.price_minor AS list_price_minor,
       CASE WHEN d.proposal_id IS NOT NULL THEN CASE WHEN d.accepted THEN 'accepted' ELSE 'declined' END
            WHEN p.expires <> '' AND p.expires < %(today)s THEN 'over' ELSE 'open' END AS state,
       d.price_minor AS decided_minor, d.until_ms, coalesce(d.reason, '') AS reason, coalesce(d.decided_by, '') AS decided_by,
       d.decided_ms
FROM visible_markdown_proposal p
JOIN store s USING (store_id)
JOIN zone z ON z.zone = s.zone
LEFT JOIN item i USING (item_id)
LEFT JOIN markdown_decision d USING (store_id, proposal_id)
LEFT JOIN LATERAL (
    SELECT x.price_minor FROM price x
    WHERE x.item_id = p.item_id AND x.feed_id IN ('zone/' || s.zone || '/price', 'store/' || s.store_id || '/price')
      AND x.customer_group = '' AND x.price_kind <> 'markdown' AND x.withdrawn_at_ms IS NULL
      AND x.effective_from_ms <= %(now_ms)s AND (x.effective_to_ms IS NULL OR x.effective_to_ms > %(now_ms)s)
    ORDER BY x.priority DESC, x.revision DESC LIMIT 1
) b ON true
WHERE (%(store_id)s::text IS NULL OR p.store_id = %(store_id)s)
  AND (%(proposal_id)s::text IS NULL OR p.proposal_id = %(proposal_id)s)
  AND (NOT %(open)s OR (d.proposal_id IS NULL AND NOT (p.expires <> '' AND p.expires < %(today)s)))
  AND (p.at_ms, p.proposal_id) < (%(before_ms)s, %(before_id)s)
ORDER BY p.at_ms DESC, p.proposal_id DESC
LIMIT %(limit)s;

-- name: time_zone
SELECT time_zone FROM store WHERE store_id = %(store_id)s;

-- name: decide
INSERT INTO markdown_decision (store_id, proposal_id, accepted, price_minor, until_ms, reason, decided_by, decided_ms)
VALUES (%(store_id)s, %(proposal_id)s, %(accepted)s, %(price_minor)s, %(until_ms)s, %(reason)s, %(person)s, %(now_ms)s)
ON CONFLICT (store_id, proposal_id) DO NOTHING
RETURNING 1;
