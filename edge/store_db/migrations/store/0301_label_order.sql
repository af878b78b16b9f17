-- Which image was proven to be on the label when this one was sent: of two access points that confirm, one may tell late.

ALTER TABLE label_image ADD COLUMN after_no INTEGER NOT NULL DEFAULT 0;
