-- A label may carry several items: further ones of its binding, and the further prices of each image, as JSON.

ALTER TABLE label ADD COLUMN more_items TEXT NOT NULL DEFAULT '[]';
ALTER TABLE label_image ADD COLUMN more_prices TEXT NOT NULL DEFAULT '[]';
