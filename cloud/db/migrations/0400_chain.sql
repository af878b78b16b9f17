-- The chain: organisation, regions and the stores in them, people scoped to regions, and the audit trail.

CREATE TABLE organisation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    name text NOT NULL
);
SELECT hq_protect('organisation', 'shared');
INSERT INTO organisation (name) VALUES ('Our chain');

-- A store is in one region. Its region says who looks after it; its price zone says what things cost there.
CREATE TABLE region (
    region_id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    added_at_ms bigint NOT NULL
);
INSERT INTO region VALUES ('default', 'No region yet', 0);
SELECT hq_protect('region', 'chain');

ALTER TABLE store ADD COLUMN region_id text COLLATE "C" NOT NULL DEFAULT 'default' REFERENCES region;
CREATE INDEX store_region ON store (region_id, store_id);

-- Who looks after some stores sees the regions those stores are in: the stores of this query are the visible ones.
CREATE POLICY hq_region_of_a_store ON region FOR SELECT
    USING (EXISTS (SELECT 1 FROM store s WHERE s.region_id = region.region_id));

-- The whole chain, or some regions (their stores are looked up whenever the person asks), or some stores.
ALTER TABLE person ADD COLUMN regions text[] NOT NULL DEFAULT '{}';
ALTER TABLE person ADD CONSTRAINT person_scope
    CHECK (all_stores::int + (regions <> '{}')::int + (stores <> '{}')::int = 1);

-- One row a change, written in its transaction and never touched again. Refused requests and failed logins are noted too,
-- a bounded number an hour (cloud/audit/domain.py).
CREATE TABLE audit_entry (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'refused', 'login_failed')),
    person_id text NOT NULL,                 -- '': nobody known (a failed login), or the command line
    login text NOT NULL,                     -- as it was then
    via text NOT NULL,                       -- session, token, command
    request_id text NOT NULL,
    action text NOT NULL,                    -- subject.verb; of a refused request what was asked
    object_id text NOT NULL,
    stores text[] NOT NULL,                  -- stores it touched; '{}': what belongs to the whole chain
    zone text NOT NULL,                      -- price zone it touched, or ''
    before text NOT NULL,                    -- JSON, or '' where there was nothing
    after text NOT NULL,
    reason text NOT NULL
);
CREATE INDEX audit_person ON audit_entry (person_id, audit_id);
CREATE INDEX audit_object ON audit_entry (object_id, audit_id);
CREATE INDEX audit_stores ON audit_entry USING gin (stores);
CREATE INDEX audit_refusals ON audit_entry (outcome, at_ms) WHERE outcome <> 'done';
SELECT hq_protect('audit_entry', 'chain');

-- Tighter than 'chain' in one way: nobody changes or removes a row, not even the owner by mistake.
-- Wider in another: whoever looks after some stores writes and reads rows that touch none but those.
REVOKE UPDATE, DELETE ON audit_entry FROM tallystick_app, tallystick_ingest;
CREATE POLICY hq_audit_read ON audit_entry FOR SELECT USING (stores <> '{}' AND stores <@ (SELECT hq_stores()));
CREATE POLICY hq_audit_write ON audit_entry FOR INSERT WITH CHECK (stores <> '{}' AND stores <@ (SELECT hq_stores()));

CREATE FUNCTION hq_never_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER hq_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION hq_never_again();

-- A region may have hundreds of stores: the stores in scope are hashed once a statement, not searched once a row. Under OR no
-- index could serve the search anyway; what a query itself asks of a store still finds its index.
CREATE FUNCTION hq_store_rule() RETURNS text LANGUAGE sql IMMUTABLE
    RETURN '(SELECT hq_all()) OR store_id IN (SELECT unnest(hq_stores()))';

DO $$
DECLARE
    owned record;
    rule constant text := hq_store_rule();
BEGIN
    FOR owned IN
        SELECT p.polrelid::regclass AS name FROM pg_policy p
        WHERE p.polname = 'hq_scope' AND obj_description(p.polrelid, 'pg_class') = 'hq_protect: store'
    LOOP
        EXECUTE format('ALTER POLICY hq_scope ON %s USING (%s) WITH CHECK (%s)', owned.name, rule, rule);
    END LOOP;
    FOR owned IN  -- views over tables; one over a grouped view needs a condition that can be moved into it
        SELECT v.viewname AS name, t.tablename AS base
        FROM pg_views v JOIN pg_tables t ON t.schemaname = v.schemaname AND v.viewname = 'visible_' || t.tablename
        WHERE v.schemaname = 'public'
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %I WITH (security_barrier) AS SELECT * FROM %I WHERE %s', owned.name, owned.base, rule);
    END LOOP;
END $$;

-- As in 0001_core.sql, with that rule for tables of kind 'store' made from now on. Grants and owner stay as they were.
CREATE OR REPLACE FUNCTION hq_protect(table_name regclass, kind text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    whole constant text := '(SELECT hq_all())';
    rule text;
    readers text := 'tallystick_app, tallystick_ingest';
    owned record;
BEGIN
    rule := CASE kind
        WHEN 'store' THEN hq_store_rule()
        WHEN 'chain' THEN whole
        WHEN 'open' THEN 'true'
        WHEN 'feed' THEN whole || ' OR (feed_id LIKE ''store/%'' AND split_part(feed_id, ''/'', 2) = ANY ((SELECT hq_stores())::text[]))'
        WHEN 'shared' THEN NULL
        WHEN 'ingest' THEN NULL
    END;
    IF rule IS NULL AND kind NOT IN ('shared', 'ingest') THEN
        RAISE EXCEPTION 'hq_protect(%, %): kinds are store, shared, chain, open, feed, ingest', table_name, kind;
    END IF;
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', table_name);
    IF rule IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format('CREATE POLICY hq_scope ON %s USING (%s) WITH CHECK (%s)', table_name, rule, rule);
        IF kind = 'feed' THEN
            EXECUTE format('CREATE POLICY hq_shared_feeds ON %s FOR SELECT USING (feed_id NOT LIKE ''store/%%'')', table_name);
        END IF;
    ELSIF kind = 'shared' THEN
        EXECUTE format('CREATE TRIGGER hq_shared BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
                       'FOR EACH STATEMENT EXECUTE FUNCTION hq_guard_shared()', table_name);
    ELSE
        readers := 'tallystick_ingest';
    END IF;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s', table_name, readers);
    EXECUTE format('COMMENT ON TABLE %s IS %L', table_name, 'hq_protect: ' || kind);
    FOR owned IN
        SELECT s.oid::regclass AS name FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
        WHERE d.refobjid = table_name AND d.deptype IN ('a', 'i') AND s.relkind = 'S'
    LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %s', owned.name, readers);
    END LOOP;
END $$;
