-- name: proposed
SELECT 1 FROM markdown_proposed WHERE proposal_id = ?

-- name: put
INSERT INTO markdown_proposed (proposal_id, at_ms) VALUES (?, ?)

-- name: prune
DELETE FROM markdown_proposed WHERE at_ms < ? AND NOT EXISTS (
    SELECT 1 FROM stock_batch b
    WHERE markdown_proposed.proposal_id LIKE b.item_id || '/' || b.place || '/' || b.batch || '/' || b.expires || '/%')
