-- name: here
SELECT item_id, epc FROM goods_tag WHERE state = 'received' AND item_id <> ''
