-- Further items on the same label, as a JSON array of their ids; null: none.

ALTER TABLE label_bound ADD COLUMN more_items text;

DO $$
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW visible_label_bound WITH (security_barrier) AS SELECT * FROM label_bound WHERE %s',
                   hq_store_rule());
END $$;
