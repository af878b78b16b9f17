"""Products: tax classes, styles, items and their barcodes; published as the feed `global/catalogue`."""
