-- name: all_labels
SELECT label_id, item_id, access_point, hardware_type, removed, wanted_hash, wanted_revision, behind_since_ms, more_items
FROM label ORDER BY label_id;

-- name: all_images
SELECT image_no, label_id, item_id, price_minor, price_revision, content_hash, image_hash, sent_at_ms,
       baseline_count, evidence, confirmed_at_ms, superseded, retired, more_prices, access_point, proofs, after_no
FROM label_image ORDER BY image_no;

-- name: put_label
INSERT INTO label (label_id, item_id, access_point, hardware_type, removed, bound_at_ms, behind_since_ms, more_items)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (label_id) DO UPDATE SET
  item_id = excluded.item_id, access_point = excluded.access_point, hardware_type = excluded.hardware_type,
  removed = excluded.removed, bound_at_ms = excluded.bound_at_ms, behind_since_ms = excluded.behind_since_ms,
  more_items = excluded.more_items;

-- name: put_wanted
UPDATE label SET wanted_hash = ?, wanted_revision = ?, behind_since_ms = ? WHERE label_id = ?;

-- name: put_image
INSERT INTO label_image (image_no, label_id, item_id, price_minor, price_revision, content_hash, image_hash, sent_at_ms,
                         baseline_count, evidence, confirmed_at_ms, superseded, retired, more_prices, access_point,
                         proofs, after_no)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (image_no) DO UPDATE SET
  price_revision = excluded.price_revision, more_prices = excluded.more_prices, access_point = excluded.access_point, proofs = excluded.proofs,
  baseline_count = excluded.baseline_count, evidence = excluded.evidence, confirmed_at_ms = excluded.confirmed_at_ms,
  superseded = excluded.superseded, retired = excluded.retired;

-- name: drop_image
DELETE FROM label_image WHERE image_no = ?;

-- name: templates_at
SELECT (SELECT state_hash FROM feed WHERE feed_id = ?1), (SELECT count(*) FROM feed_row WHERE feed_id = ?1);

-- name: template_rows
SELECT key, body FROM feed_row WHERE feed_id = ?;

-- name: stock_of
SELECT count(*), coalesce(sum(on_hand_thousandths), 0) FROM stock WHERE item_id = ?;
