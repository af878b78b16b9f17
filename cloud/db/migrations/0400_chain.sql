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
