-- How cash totals of a zone are rounded, beside the smallest coin (cash_rounding_minor).
ALTER TABLE zone
    ADD COLUMN cash_rounding_method text NOT NULL DEFAULT 'half_up' CHECK (cash_rounding_method IN ('half_up', 'down', 'up')),
    ADD COLUMN cash_rounding_scope text NOT NULL DEFAULT 'cash' CHECK (cash_rounding_scope IN ('cash', 'document'));
