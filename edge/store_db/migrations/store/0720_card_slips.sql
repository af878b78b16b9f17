-- The customer's copy of a terminal's own slip, line by line, masked: it stands on the receipt.
ALTER TABLE payment_attempt ADD COLUMN slip TEXT NOT NULL DEFAULT '';
