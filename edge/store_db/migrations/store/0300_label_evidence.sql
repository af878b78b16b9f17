-- Which access point an image went through, and the steps of its way that were seen (letter and instant, see edge/labels/ledger).

ALTER TABLE label_image ADD COLUMN access_point TEXT NOT NULL DEFAULT '';
ALTER TABLE label_image ADD COLUMN proofs TEXT NOT NULL DEFAULT '';

UPDATE label_image SET access_point = (SELECT label.access_point FROM label WHERE label.label_id = label_image.label_id);
