-- Who lent the right to open a drawer.
ALTER TABLE drawer_opening ADD COLUMN approver_id text NOT NULL DEFAULT '';
DO $$
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW visible_drawer_opening WITH (security_barrier) AS SELECT * FROM drawer_opening '
                   'WHERE %s', hq_store_rule());
END $$;
