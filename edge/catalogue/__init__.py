"""What HQ's feeds say, as the store can look it up: items, barcodes, prices in force, tax, zone and store set-up."""
