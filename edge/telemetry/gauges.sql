-- name: labels
SELECT count(*), sum(behind_since_ms IS NOT NULL), sum(coalesce(behind_since_ms < ?, 0))
FROM label WHERE removed = 0 AND item_id IS NOT NULL;

-- name: prints
SELECT state, count(*) FROM print_job WHERE state IN ('queued', 'sent') GROUP BY state;
