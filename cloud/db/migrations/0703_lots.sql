-- Stock by batch as a store reads it: what was sold without its batch being told comes off what is to be sold first
-- (first expired, first out). A store decides so at the moment of the sale, this view at the moment of reading.
CREATE VIEW visible_stock_on_hand_lot WITH (security_barrier) AS
    SELECT store_id, item_id, place, batch, expires,
           CASE WHEN batch = '' THEN on_hand_thousandths + least(owed, coalesce(cover, 0))
                ELSE on_hand_thousandths - least(greatest(on_hand_thousandths, 0), greatest(0, owed - coalesce(before, 0)))
           END::bigint AS on_hand_thousandths
    FROM (
        SELECT b.*,
               greatest(0, -coalesce(sum(on_hand_thousandths) FILTER (WHERE batch = '') OVER p, 0)) AS owed,
               sum(greatest(on_hand_thousandths, 0)) FILTER (WHERE batch <> '') OVER p AS cover,
               sum(greatest(on_hand_thousandths, 0)) FILTER (WHERE batch <> '')
                   OVER (PARTITION BY store_id, item_id, place ORDER BY expires = '', expires, batch
                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM visible_stock_on_hand_batch b
        WINDOW p AS (PARTITION BY store_id, item_id, place)
    ) shared;
GRANT SELECT ON visible_stock_on_hand_lot TO tallystick_app, tallystick_ingest;
