-- Telemetry in time tables, rolled up; the current state of every device.
--
-- Time tables come in three tiers, chosen here once by what the server offers, under the same names and for the same queries:
--   none       plain PostgreSQL: native range partitions, made ahead and dropped by cloud/telemetry (our own rollups)
--   apache     TimescaleDB under the Apache licence: hypertables, our own rollups, drop_chunks
--   timescale  TimescaleDB under the Timescale licence: continuous aggregates, compression and retention policies
-- hq_telemetry_ddl and hq_telemetry_keep_ddl only write the statements, so that every tier's can be read on any server.

CREATE FUNCTION hq_telemetry_tier() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb') THEN 'none'
                WHEN current_setting('timescaledb.license', true) = 'timescale' THEN 'timescale' ELSE 'apache' END
$$;

-- Now, in milliseconds: what Timescale's policies measure ages from.
CREATE FUNCTION hq_now_ms() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT (extract(epoch FROM now()) * 1000)::bigint $$;

-- What this database was made with, and how long each kind of row is kept. One row.
CREATE TABLE telemetry_policy (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    tier text NOT NULL,
    raw_days integer NOT NULL DEFAULT 60,
    five_minute_days integer NOT NULL DEFAULT 90,
    hour_days integer NOT NULL DEFAULT 400,
    day_days integer NOT NULL DEFAULT 3660
);
INSERT INTO telemetry_policy (tier) SELECT hq_telemetry_tier();
SELECT hq_protect('telemetry_policy', 'shared');

-- One row a fact: what makes a fact known. A plain table in every tier: nothing is looked up in a compressed one.
CREATE TABLE measured (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,                       -- the store's clock; HQ's when the store's is out of time
    instants integer NOT NULL,
    series integer NOT NULL,
    left_out integer NOT NULL,                   -- instants too old or too far ahead to be taken
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id, at_ms)
) PARTITION BY RANGE (at_ms);
SELECT hq_protect('measured', 'ingest');

-- Five-minute buckets that got values since they were aggregated last; a row may be there many times.
CREATE TABLE telemetry_dirty (
    store_id text COLLATE "C" NOT NULL,
    bucket_ms bigint NOT NULL,
    ingest_rev bigint NOT NULL
);
SELECT hq_protect('telemetry_dirty', 'ingest');

-- The newest value of the box's own metrics that the stores page shows.
CREATE TABLE telemetry_latest (
    store_id text COLLATE "C" NOT NULL,
    metric text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (store_id, metric)
) WITH (fillfactor = 70);
SELECT hq_protect('telemetry_latest', 'store');

-- The statements that make the time tables of a tier.
CREATE FUNCTION hq_telemetry_ddl(tier text) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
DECLARE
    raw constant text := 'CREATE TABLE measurement (store_id text COLLATE "C" NOT NULL, device_id text COLLATE "C" NOT NULL, '
        'metric text COLLATE "C" NOT NULL, at_ms bigint NOT NULL, value double precision NOT NULL, ingest_rev bigint NOT NULL)';
    rolled constant text := 'CREATE TABLE %I (store_id text COLLATE "C" NOT NULL, device_id text COLLATE "C" NOT NULL, '
        'metric text COLLATE "C" NOT NULL, bucket_ms bigint NOT NULL, n bigint NOT NULL, low double precision NOT NULL, '
        'high double precision NOT NULL, total double precision NOT NULL, last_value double precision NOT NULL, '
        'last_ms bigint NOT NULL, PRIMARY KEY (store_id, device_id, metric, bucket_ms))';
    place constant text := 'CREATE INDEX measurement_place ON measurement (store_id, at_ms)';
    step record;
    shown text;
BEGIN
    IF tier NOT IN ('none', 'apache', 'timescale') THEN
        RAISE EXCEPTION 'tier %: none, apache or timescale', tier;
    END IF;
    RETURN NEXT raw || CASE WHEN tier = 'none' THEN ' PARTITION BY RANGE (at_ms)' ELSE '' END;
    IF tier <> 'none' THEN
        RETURN NEXT 'SELECT create_hypertable(''measurement'', ''at_ms'', chunk_time_interval => 86400000, create_default_indexes => false)';
        RETURN NEXT 'SELECT set_integer_now_func(''measurement'', ''hq_now_ms'')';
    END IF;
    RETURN NEXT place;
    RETURN NEXT 'SELECT hq_protect(''measurement'', ''ingest'')';
    FOR step IN SELECT * FROM (VALUES ('telemetry_5m', 300000, '1 minute', 604800000), ('telemetry_1h', 3600000, '10 minutes', 2419200000),
                                      ('telemetry_1d', 86400000, '1 hour', 31449600000)) AS t (name, width, every, chunk) LOOP
        CASE tier
            WHEN 'none' THEN
                RETURN NEXT format(rolled, step.name) || ' PARTITION BY RANGE (bucket_ms)';
                RETURN NEXT format('SELECT hq_protect(%L, ''ingest'')', step.name);
            WHEN 'apache' THEN
                RETURN NEXT format(rolled, step.name);
                RETURN NEXT format('SELECT create_hypertable(%L, ''bucket_ms'', chunk_time_interval => %s, create_default_indexes => false)', step.name, step.chunk);
                RETURN NEXT format('SELECT hq_protect(%L, ''ingest'')', step.name);
            WHEN 'timescale' THEN
                RETURN NEXT format(
                    'CREATE MATERIALIZED VIEW %I WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS '
                    'SELECT store_id, device_id, metric, time_bucket(BIGINT ''%s'', at_ms) AS bucket_ms, count(*) AS n, min(value) AS low, '
                    'max(value) AS high, sum(value) AS total, last(value, at_ms) AS last_value, max(at_ms) AS last_ms '
                    'FROM measurement GROUP BY 1, 2, 3, 4 WITH NO DATA', step.name, step.width);
                RETURN NEXT format('REVOKE ALL ON %I FROM PUBLIC', step.name);
                RETURN NEXT format('GRANT SELECT ON %I TO tallystick_ingest', step.name);
                -- From 46 days back: what a store brings home after 45 days is aggregated too.
                RETURN NEXT format('SELECT add_continuous_aggregate_policy(%L, start_offset => BIGINT ''3974400000'', '
                    'end_offset => BIGINT ''%s'', schedule_interval => INTERVAL %L)', step.name, step.width, step.every);
        END CASE;
    END LOOP;
    IF tier = 'timescale' THEN
        RETURN NEXT 'ALTER TABLE measurement SET (timescaledb.compress, timescaledb.compress_segmentby = ''store_id, device_id, metric'', '
            'timescaledb.compress_orderby = ''at_ms'')';
        -- Never before the last late value can have come.
        RETURN NEXT 'SELECT add_compression_policy(''measurement'', compress_after => BIGINT ''4060800000'')';
    END IF;
    FOREACH shown IN ARRAY ARRAY['measurement', 'telemetry_5m', 'telemetry_1h', 'telemetry_1d'] LOOP
        RETURN NEXT format('CREATE VIEW %I WITH (security_barrier) AS SELECT * FROM %I WHERE (SELECT hq_all()) '
                           'OR store_id = ANY ((SELECT hq_stores())::text[])', 'visible_' || shown, shown);
        RETURN NEXT format('GRANT SELECT ON %I TO tallystick_app, tallystick_ingest', 'visible_' || shown);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION hq_telemetry_ddl(text) FROM PUBLIC;

DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN SELECT hq_telemetry_ddl(tier) FROM telemetry_policy LOOP
        EXECUTE statement;
    END LOOP;
END $$;

-- The tables we partition ourselves: how many days a partition holds and how many are kept.
CREATE FUNCTION hq_telemetry_partitioned() RETURNS TABLE (name text, days integer, keep_days integer) LANGUAGE sql STABLE AS $$
    SELECT t.name, t.days, t.keep_days
    FROM telemetry_policy p,
         LATERAL (VALUES ('measured', 7, p.raw_days), ('measurement', 7, p.raw_days), ('telemetry_5m', 7, p.five_minute_days),
                         ('telemetry_1h', 28, p.hour_days), ('telemetry_1d', 364, p.day_days)) AS t (name, days, keep_days)
    WHERE p.tier = 'none' OR t.name = 'measured'
$$;

-- Make the partitions for everything that may come until 14 days from now. Cheap when they are there. Two callers wait for each other.
CREATE FUNCTION hq_telemetry_prepare(now_ms bigint) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    day constant bigint := 86400000;
    made integer := 0;
    each record;
    width bigint;
    begins bigint;
    partition text;
BEGIN
    PERFORM pg_advisory_xact_lock(4200420);
    FOR each IN SELECT * FROM hq_telemetry_partitioned() LOOP
        width := each.days * day;
        begins := (now_ms - 47 * day) / width * width;
        WHILE begins < now_ms + 14 * day LOOP
            partition := format('%s_%s', each.name, to_char(to_timestamp(begins / 1000) AT TIME ZONE 'UTC', 'YYYYMMDD'));
            IF to_regclass(partition) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', partition, each.name, begins, begins + width);
                PERFORM hq_protect(partition::regclass, 'ingest');
                made := made + 1;
            END IF;
            begins := begins + width;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
REVOKE EXECUTE ON FUNCTION hq_telemetry_prepare(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hq_telemetry_prepare(bigint) TO tallystick_ingest;
SELECT hq_telemetry_prepare(hq_now_ms());

-- The statements that let go of what is too old. `changed`: the days are others than before (Timescale's policies are set anew).
CREATE FUNCTION hq_telemetry_keep_ddl(tier text, now_ms bigint, changed boolean) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
DECLARE
    day constant bigint := 86400000;
    each record;
BEGIN
    FOR each IN
        SELECT format('DROP TABLE %I', c.relname) AS statement
        FROM hq_telemetry_partitioned() t
        JOIN pg_inherits i ON i.inhparent = to_regclass(t.name)
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE (extract(epoch FROM to_date(right(c.relname, 8), 'YYYYMMDD')) * 1000)::bigint + t.days * day <= now_ms - t.keep_days * day
        ORDER BY c.relname
    LOOP
        RETURN NEXT each.statement;
    END LOOP;
    IF tier = 'none' OR (tier = 'timescale' AND NOT changed) THEN
        RETURN;
    END IF;
    FOR each IN
        SELECT t.* FROM telemetry_policy p,
            LATERAL (VALUES ('measurement', p.raw_days), ('telemetry_5m', p.five_minute_days), ('telemetry_1h', p.hour_days),
                            ('telemetry_1d', p.day_days)) AS t (name, keep_days)
    LOOP
        IF tier = 'apache' THEN
            RETURN NEXT format('SELECT drop_chunks(%L, older_than => BIGINT ''%s'')', each.name, now_ms - each.keep_days * day);
        ELSE
            RETURN NEXT format('SELECT remove_retention_policy(%L, if_exists => true)', each.name);
            RETURN NEXT format('SELECT add_retention_policy(%L, drop_after => BIGINT ''%s'')', each.name, each.keep_days * day);
        END IF;
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION hq_telemetry_keep_ddl(text, bigint, boolean) FROM PUBLIC;

-- Set how many days are kept and let go of the rest; returns what was done. Raw values outlive every late arrival.
CREATE FUNCTION hq_telemetry_keep(now_ms bigint, raw integer, five_minutes integer, hours integer, all_days integer) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed boolean;
    statement text;
BEGIN
    IF raw < 47 OR five_minutes < raw OR hours < five_minutes OR all_days < hours THEN
        RAISE EXCEPTION 'days kept: raw % (at least 47), five minutes %, hours %, days %: each at least the one before',
            raw, five_minutes, hours, all_days;
    END IF;
    PERFORM pg_advisory_xact_lock(4200420);
    UPDATE telemetry_policy SET raw_days = raw, five_minute_days = five_minutes, hour_days = hours, day_days = all_days
    WHERE (raw_days, five_minute_days, hour_days, day_days) <> (raw, five_minutes, hours, all_days);
    changed := FOUND;
    FOR statement IN SELECT hq_telemetry_keep_ddl(tier, now_ms, changed) FROM telemetry_policy LOOP
        EXECUTE statement;
        RETURN NEXT statement;
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION hq_telemetry_keep(bigint, integer, integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hq_telemetry_keep(bigint, integer, integer, integer, integer) TO tallystick_ingest;
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN SELECT hq_telemetry_keep_ddl(tier, hq_now_ms(), true) FROM telemetry_policy WHERE tier = 'timescale' LOOP
        EXECUTE statement;
    END LOOP;
END $$;

-- Every device as it is now: the newest row of device_state per device, and since when it is in that state.
CREATE FUNCTION hq_device_rank(state text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE state WHEN 'failed' THEN 0 WHEN 'retrying' THEN 1 WHEN 'degraded' THEN 2 WHEN 'stopped' THEN 3 WHEN 'starting' THEN 4
                      ELSE 5 END::smallint
$$;

CREATE TABLE device_current (
    store_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    device_kind text NOT NULL,
    state text NOT NULL,
    rank smallint NOT NULL,                      -- worst first: failed, retrying, degraded, stopped, starting, ready
    reason text NOT NULL,
    since_ms bigint NOT NULL,                    -- in this state, whatever the reason was meanwhile
    told_ms bigint NOT NULL,
    PRIMARY KEY (store_id, device_id)
) WITH (fillfactor = 80);
CREATE INDEX device_current_worst ON device_current (rank, since_ms, store_id, device_id);
CREATE INDEX device_current_trouble ON device_current (store_id) WHERE rank <= 2;
SELECT hq_protect('device_current', 'store');

-- Rows arrive in the order of the journal, under the lock of their store.
CREATE FUNCTION hq_device_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH placed AS (
        SELECT store_id, device_id, device_kind, state, reason, at_ms, row_number() OVER () AS place FROM fresh
    ), newest AS (
        SELECT DISTINCT ON (store_id, device_id) * FROM placed ORDER BY store_id, device_id, place DESC
    ), other AS (
        SELECT n.store_id, n.device_id, coalesce(max(p.place) FILTER (WHERE p.state <> n.state), 0) AS place
        FROM newest n JOIN placed p USING (store_id, device_id) GROUP BY 1, 2
    ), begun AS (
        SELECT o.store_id, o.device_id, o.place, (array_agg(p.at_ms ORDER BY p.place))[1] AS since_ms
        FROM other o JOIN placed p ON p.store_id = o.store_id AND p.device_id = o.device_id AND p.place > o.place GROUP BY 1, 2, 3
    )
    INSERT INTO device_current (store_id, device_id, device_kind, state, rank, reason, since_ms, told_ms)
    SELECT n.store_id, n.device_id, n.device_kind, n.state, hq_device_rank(n.state), n.reason,
           CASE WHEN b.place = 0 AND c.state = n.state THEN c.since_ms ELSE b.since_ms END, n.at_ms
    FROM newest n JOIN begun b USING (store_id, device_id) LEFT JOIN device_current c USING (store_id, device_id)
    ORDER BY n.store_id, n.device_id
    ON CONFLICT (store_id, device_id) DO UPDATE
    SET device_kind = excluded.device_kind, state = excluded.state, rank = excluded.rank, reason = excluded.reason,
        since_ms = excluded.since_ms, told_ms = excluded.told_ms;
    RETURN NULL;
END $$;
CREATE TRIGGER device_news AFTER INSERT ON device_state REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION hq_device_news();

-- What came before this migration.
INSERT INTO device_current (store_id, device_id, device_kind, state, rank, reason, since_ms, told_ms)
SELECT DISTINCT ON (store_id, device_id) store_id, device_id, device_kind, state, hq_device_rank(state), reason, at_ms, at_ms
FROM device_state ORDER BY store_id, device_id, ingest_rev DESC, at_ms DESC, event_id DESC;

-- Sales that reached headquarters, hour by hour, of the stores on a page.
CREATE INDEX ingest_step_of_store ON ingest_step (store_id, at_ms) INCLUDE (sale_count) WHERE sale_count > 0;
