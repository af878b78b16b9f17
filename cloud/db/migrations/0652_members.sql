-- Members: who they are, how a till finds them, and what a store may know of them.

CREATE TABLE member (
    member_id text COLLATE "C" PRIMARY KEY,
    store_id text COLLATE "C" NOT NULL,        -- the home store
    name text NOT NULL,                        -- as they want to be addressed
    phone text COLLATE "C" NOT NULL DEFAULT '', -- whole, digits only; never leaves headquarters
    phone_tail text COLLATE "C" NOT NULL DEFAULT '',
    code text COLLATE "C" NOT NULL,            -- of their card or QR
    cards text[] NOT NULL DEFAULT '{}',        -- UIDs, hexadecimal, capital
    tier text NOT NULL DEFAULT '',
    groups text[] NOT NULL DEFAULT '{}',       -- customer groups of price books
    birthday text NOT NULL DEFAULT '',         -- MM-DD
    note text NOT NULL DEFAULT '',
    consent_messages boolean NOT NULL DEFAULT false,
    consent_profile boolean NOT NULL DEFAULT false,
    active boolean NOT NULL DEFAULT true,
    joined_at_ms bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    points bigint NOT NULL DEFAULT 0,          -- of the ledger, as it last changed
    points_at_ms bigint NOT NULL DEFAULT 0,
    feed_due boolean NOT NULL DEFAULT true     -- stores know an older word
);
SELECT hq_protect('member', 'store');
CREATE UNIQUE INDEX ON member (code);
CREATE UNIQUE INDEX ON member (phone) WHERE phone <> '';
CREATE INDEX ON member (phone_tail) WHERE phone_tail <> '';
CREATE INDEX ON member USING gin (cards);
CREATE INDEX ON member (store_id, name);
CREATE INDEX ON member (member_id) WHERE feed_due;

-- Where members shopped, besides their home store.
CREATE TABLE member_visit (
    store_id text COLLATE "C" NOT NULL,
    member_id text COLLATE "C" NOT NULL REFERENCES member ON DELETE CASCADE,
    last_at_ms bigint NOT NULL,
    PRIMARY KEY (store_id, member_id)
);
SELECT hq_protect('member_visit', 'store');
CREATE INDEX ON member_visit (member_id);

CREATE TABLE member_policy (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    salt text NOT NULL,
    believe_seconds bigint NOT NULL DEFAULT 86400,
    points_per_unit bigint NOT NULL DEFAULT 100,
    points_step bigint NOT NULL DEFAULT 1,
    points_months integer NOT NULL DEFAULT 24, -- 0: points never end
    remember_days integer NOT NULL DEFAULT 90, -- how long a store remembers a visitor
    due boolean NOT NULL DEFAULT true
);
SELECT hq_protect('member_policy', 'shared');
INSERT INTO member_policy (salt) VALUES (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));

-- Which stores know a member.
CREATE INDEX feed_row_member ON feed_row (key) WHERE key LIKE 'member/%';
