-- name: sellable
SELECT item.item_id, (SELECT min(gtin) FROM barcode WHERE barcode.item_id = item.item_id AND pack_quantity = 1) AS code
FROM item
WHERE active AND NOT weighed AND code IS NOT NULL
  AND EXISTS (SELECT 1 FROM price
              WHERE price.item_id = item.item_id AND effective_from_ms <= ?1 AND (effective_to_ms IS NULL OR effective_to_ms > ?1))
ORDER BY item.item_id LIMIT ?2
