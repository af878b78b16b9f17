-- A presale may end without its goods: the deposit was given back (`returned`), or the store keeps it (`kept`).
ALTER TABLE presale ADD COLUMN ended TEXT NOT NULL DEFAULT '';
ALTER TABLE presale ADD COLUMN ended_at_ms INTEGER;
