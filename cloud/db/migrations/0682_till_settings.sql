-- What HQ decides about the tills of a store (cloud.stores.till_settings), and how far each right of a person goes.
ALTER TABLE store ADD COLUMN till_settings text NOT NULL DEFAULT '{}';
ALTER TABLE staff ADD COLUMN limits jsonb NOT NULL DEFAULT '{}';
