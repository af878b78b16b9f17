-- How far a person's rights go: JSON of right to basis points or minor units.
ALTER TABLE staff ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';
