-- The ground under every subject: roles, the protection of tables, what this database is, and feeds.
-- psycopg runs the whole file in one transaction (cloud/db/migrate.py).

-- Roles belong to the whole server. Both may log in and are never superusers, or row-level security would be void.
-- `python -m cloud init` draws their passwords.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['tallystick_app', 'tallystick_ingest'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name) THEN
                EXECUTE format('CREATE ROLE %I LOGIN NOCREATEDB NOCREATEROLE', role_name);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this server was migrated at the same moment
        END;
        IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name AND (rolsuper OR rolbypassrls)) THEN
            RAISE EXCEPTION 'role % is a superuser or bypasses row-level security', role_name
                USING HINT = format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS', role_name);
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', role_name);
    END LOOP;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- What a transaction may see, as cloud/db/pool.py states it. Without a statement: nothing of a store, no write.
CREATE FUNCTION hq_all() RETURNS boolean LANGUAGE sql STABLE
    RETURN coalesce(current_setting('app.scope', true), '') = 'all';

CREATE FUNCTION hq_stores() RETURNS text[] LANGUAGE sql STABLE
    RETURN CASE WHEN coalesce(current_setting('app.scope', true), '') = 'stores'
                THEN string_to_array(current_setting('app.stores', true), ',') ELSE '{}'::text[] END;

CREATE FUNCTION hq_guard_shared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT hq_all() THEN
        RAISE EXCEPTION 'table % belongs to the whole chain and this transaction to some stores', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

-- Protect a table (kinds: cloud/db/__init__.py). The sub-selects make PostgreSQL read the scope once a statement, not once a row.
CREATE FUNCTION hq_protect(table_name regclass, kind text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    whole constant text := '(SELECT hq_all())';
    rule text;
    readers text := 'tallystick_app, tallystick_ingest';
    owned record;
BEGIN
    rule := CASE kind
        WHEN 'store' THEN whole || ' OR store_id = ANY ((SELECT hq_stores())::text[])'
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
REVOKE EXECUTE ON FUNCTION hq_protect(regclass, text) FROM PUBLIC;

SELECT hq_protect('schema_migration', 'shared');

-- What this database is: one row.
CREATE TABLE hq_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    feed_epoch text NOT NULL,           -- epoch of feeds made from now on; a new one makes stores take snapshots
    restore_id text NOT NULL,           -- renewed by `restore`: a dump put back into the same server keeps its identifier
    restored_at timestamptz
);
SELECT hq_protect('hq_state', 'shared');

CREATE FUNCTION hq_new_epoch() RETURNS text LANGUAGE sql VOLATILE
    RETURN substr(replace(gen_random_uuid()::text, '-', ''), 1, 16);

INSERT INTO hq_state (feed_epoch, restore_id) VALUES (hq_new_epoch(), hq_new_epoch());

-- System identifier and timeline need rights that applications lack.
CREATE FUNCTION hq_server_identity() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
    AS $$ SELECT format('%s.%s', system_identifier, timeline_id) FROM pg_control_system(), pg_control_checkpoint() $$;

-- The protocol's db_epoch: system identifier, timeline, restore id.
CREATE FUNCTION hq_db_epoch() RETURNS text LANGUAGE sql STABLE
    RETURN (SELECT hq_server_identity() || '.' || restore_id FROM hq_state);

-- Feeds (cloud/db/feed_changes.py). Keys sort by their bytes whatever the database's language.
CREATE TABLE feed (
    feed_id text COLLATE "C" PRIMARY KEY,
    epoch text NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    state_hash text NOT NULL,
    row_count bigint NOT NULL DEFAULT 0,
    deltas_after bigint NOT NULL DEFAULT 0,   -- deltas of this and earlier versions are of no use: take a snapshot
    changed_at_ms bigint NOT NULL DEFAULT 0
);
SELECT hq_protect('feed', 'feed');

CREATE TABLE feed_row (
    feed_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (feed_id, key)
);
SELECT hq_protect('feed_row', 'feed');

CREATE TABLE feed_delta (
    feed_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    delta bytea NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (feed_id, version)
);
SELECT hq_protect('feed_delta', 'feed');

-- Emptied by the transaction that fills it, so it needs no log.
CREATE UNLOGGED TABLE feed_pending (
    n bigint GENERATED ALWAYS AS IDENTITY,
    feed_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    body bytea,
    PRIMARY KEY (feed_id, n)
);
SELECT hq_protect('feed_pending', 'feed');

-- After a restore nothing may be taken for the feeds as stores knew them: versions may be used a second time for other rows.
CREATE FUNCTION hq_begin_again() RETURNS void LANGUAGE sql VOLATILE
    BEGIN ATOMIC
        UPDATE hq_state SET feed_epoch = hq_new_epoch(), restore_id = hq_new_epoch(), restored_at = now();
        UPDATE feed SET epoch = (SELECT feed_epoch FROM hq_state), deltas_after = version;
        DELETE FROM feed_delta;
    END;
REVOKE EXECUTE ON FUNCTION hq_begin_again() FROM PUBLIC;
