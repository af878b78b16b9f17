-- name: lock
SELECT pg_advisory_lock(7340);

-- name: unlock
SELECT pg_advisory_unlock(7340);

-- name: act_for_all
SELECT set_config('app.scope', 'all', false);

-- name: create_record
CREATE TABLE IF NOT EXISTS schema_migration (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: record_exists
SELECT to_regclass('public.schema_migration') IS NOT NULL;

-- name: applied
SELECT name, sha256 FROM schema_migration;

-- name: record
INSERT INTO schema_migration (name, sha256) VALUES (%(name)s, %(sha256)s);
