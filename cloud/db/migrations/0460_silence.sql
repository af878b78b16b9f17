-- When a store counts as online; and views made since 0400 hash the stores in scope as the others do.
--
-- A store is online while it is heard. Who dies together with its broker leaves no last will, so silence counts as well:
-- stores report every 2.5 to 5 minutes, and one that said nothing for eleven is away, whatever it said last.

CREATE FUNCTION hq_silence_ms() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 660000::bigint;

-- Of a row of store_contact, or of its absence: its line is open, and something came through it.
CREATE FUNCTION hq_online(line boolean, heard_at_ms bigint, now_ms bigint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(line AND heard_at_ms > now_ms - hq_silence_ms(), false);

-- Its line looks open, and nothing comes through it.
CREATE FUNCTION hq_silent(line boolean, heard_at_ms bigint, now_ms bigint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(line AND heard_at_ms > 0 AND heard_at_ms <= now_ms - hq_silence_ms(), false);

-- Since when it is away; null when it is online or was never heard of.
CREATE FUNCTION hq_offline_since(line boolean, line_changed_at_ms bigint, heard_at_ms bigint, now_ms bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN hq_silent(line, heard_at_ms, now_ms) THEN heard_at_ms
                WHEN NOT line AND heard_at_ms > 0 THEN greatest(line_changed_at_ms, 1) END;

DO $$
DECLARE
    shown text;
BEGIN
    FOREACH shown IN ARRAY ARRAY['measurement', 'telemetry_5m', 'telemetry_1h', 'telemetry_1d', 'opening_refused'] LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %I WITH (security_barrier) AS SELECT * FROM %I WHERE %s',
                       'visible_' || shown, shown, hq_store_rule());
    END LOOP;
END $$;
