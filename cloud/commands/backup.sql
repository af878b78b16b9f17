-- name: server_version
SELECT current_setting('server_version_num')::int / 10000;

-- name: in_use
SELECT pid, application_name FROM pg_stat_activity
WHERE datname = current_database() AND usename IN ('tallystick_app', 'tallystick_ingest');

-- name: end_sessions
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename IN ('tallystick_app', 'tallystick_ingest');

-- name: close_door
DO $$ BEGIN
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC, tallystick_app, tallystick_ingest', current_database());
END $$;

-- name: open_door
DO $$ BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tallystick_app, tallystick_ingest', current_database());
END $$;

-- name: missing_roles
SELECT name FROM unnest(ARRAY['tallystick_app', 'tallystick_ingest']) name
WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name);

-- name: table_count
SELECT count(*) FROM pg_tables WHERE schemaname = 'public';

-- name: begin
SELECT hq_backup_begin();

-- name: done
SELECT hq_backup_done();

-- name: epoch
SELECT hq_db_epoch();
