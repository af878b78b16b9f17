-- Label templates: versions that never change, which of them stores hold, and how that came about.

CREATE TABLE label_template (
    template_id text COLLATE "C" PRIMARY KEY,
    purpose text NOT NULL,
    added_at_ms bigint NOT NULL
);
SELECT hq_protect('label_template', 'shared');

CREATE TABLE label_template_version (
    template_id text COLLATE "C" NOT NULL REFERENCES label_template ON DELETE CASCADE,
    version integer NOT NULL CHECK (version > 0),
    name text NOT NULL,
    body bytea NOT NULL,                      -- JSON as `protocols/labels/template.py` writes it
    note text NOT NULL,
    saved_at_ms bigint NOT NULL,
    saved_by text NOT NULL,
    PRIMARY KEY (template_id, version)
);
SELECT hq_protect('label_template_version', 'shared');
CREATE TRIGGER hq_never_changed BEFORE UPDATE OR TRUNCATE ON label_template_version
    FOR EACH STATEMENT EXECUTE FUNCTION hq_never_again();

-- One row a publication, a rollback being one too. `before` is what stores held of the purpose until then: rolling back
-- puts exactly that in place again.
CREATE TABLE label_template_publication (
    publication bigint PRIMARY KEY,
    purpose text NOT NULL,
    template_id text COLLATE "C",             -- null: a rollback
    version integer,
    stores text[] NOT NULL,                   -- '{}': all
    published_ms bigint NOT NULL,             -- of this purpose only ever later
    published_by text NOT NULL,
    reason text NOT NULL,
    rollback_of bigint REFERENCES label_template_publication,
    feed_version bigint NOT NULL,
    before jsonb NOT NULL
);
CREATE INDEX ON label_template_publication (purpose, publication DESC);
SELECT hq_protect('label_template_publication', 'shared');

-- What the feed holds now.
CREATE TABLE label_template_placement (
    template_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    published_ms bigint NOT NULL,
    purpose text NOT NULL,
    stores text[] NOT NULL,
    PRIMARY KEY (template_id, version, published_ms),
    FOREIGN KEY (template_id, version) REFERENCES label_template_version
);
CREATE INDEX ON label_template_placement (purpose);
SELECT hq_protect('label_template_placement', 'shared');

-- Kinds of labels the chain has: what a template must be fit for before it is published. None: every kind known.
CREATE TABLE label_panel (
    hardware_type integer PRIMARY KEY
);
SELECT hq_protect('label_panel', 'shared');
