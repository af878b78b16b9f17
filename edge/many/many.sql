-- name: sellable
SELECT item.item_id, min(barcode.gtin)
FROM item JOIN barcode USING (item_id)
WHERE item.active AND NOT item.weighed AND barcode.pack_quantity = 1
  AND EXISTS (SELECT 1 FROM price
              WHERE price.item_id = item.item_id AND effective_from_ms <= ?1 AND (effective_to_ms IS NULL OR effective_to_ms > ?1))
GROUP BY item.item_id ORDER BY item.item_id LIMIT ?2
