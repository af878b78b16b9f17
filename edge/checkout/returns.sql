-- name: facts_of_sale
SELECT fact FROM goods_return WHERE sold_store_id = ? AND sale_id = ? ORDER BY at_ms, return_id

-- name: return_by_receipt
SELECT fact FROM goods_return WHERE till_id = ? AND incarnation = ? AND receipt_number = ?

-- name: return_of_basket
SELECT fact FROM goods_return WHERE basket_id = ?

-- name: put_return
INSERT INTO goods_return (return_id, command_id, basket_id, till_id, incarnation, receipt_number, at_ms, business_date, total_minor,
    sold_store_id, sale_id, fact)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: units_taken
SELECT line_no, unit_no FROM returned_unit WHERE sold_store_id = ?1 AND sale_id = ?2
    AND (return_id != '' OR basket_id NOT IN (SELECT sale_id FROM abandoned_sale))

-- name: free_abandoned
DELETE FROM returned_unit WHERE sold_store_id = ? AND sale_id = ? AND return_id = ''
    AND basket_id IN (SELECT sale_id FROM abandoned_sale)

-- name: hold_unit
INSERT INTO returned_unit (sold_store_id, sale_id, line_no, unit_no, basket_id, till_id, return_id, at_ms)
VALUES (?, ?, ?, ?, ?, ?, '', ?)

-- name: free_unit
DELETE FROM returned_unit WHERE sold_store_id = ? AND sale_id = ? AND line_no = ? AND unit_no = ? AND basket_id = ? AND return_id = ''

-- name: take_unit
INSERT INTO returned_unit (sold_store_id, sale_id, line_no, unit_no, basket_id, till_id, return_id, at_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (sold_store_id, sale_id, line_no, unit_no) DO UPDATE SET return_id = excluded.return_id, at_ms = excluded.at_ms
    WHERE return_id = '' AND basket_id = excluded.basket_id
RETURNING unit_no

-- name: held_of_till
SELECT sold_store_id, sale_id, line_no, unit_no, basket_id FROM returned_unit WHERE till_id = ? AND return_id = ''
    AND basket_id NOT IN (SELECT sale_id FROM held_basket)

-- name: count_refund
UPDATE shift SET cash_minor = cash_minor - ? WHERE shift_id = ?

-- name: prune_returns
DELETE FROM goods_return WHERE at_ms < ?1 AND sale_id NOT IN (SELECT sale_id FROM sale)

-- name: prune_units
DELETE FROM returned_unit WHERE at_ms < ?1 AND (return_id = '' OR sale_id NOT IN (SELECT sale_id FROM sale))

-- name: kind_of_item
SELECT item.style_id, style.category, style.brand FROM item JOIN style USING (style_id) WHERE item.item_id = ?

-- name: price_edges
SELECT at_ms FROM (
    SELECT effective_from_ms AS at_ms FROM price
    WHERE item_id = ?1 AND customer_group = '' AND effective_from_ms > ?2 AND effective_from_ms <= ?3
    UNION SELECT effective_to_ms FROM price
    WHERE item_id = ?1 AND customer_group = '' AND effective_to_ms > ?2 AND effective_to_ms <= ?3
) ORDER BY at_ms DESC LIMIT ?4
