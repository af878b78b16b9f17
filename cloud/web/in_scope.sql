-- name: store
SELECT 1 FROM store WHERE store_id = %(store_id)s;
