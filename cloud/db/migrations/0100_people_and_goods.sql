-- People of headquarters, their tokens, repeated writes; products; price zones and prices; staff of the stores.

CREATE TABLE person (
    person_id     text PRIMARY KEY,
    login         text NOT NULL UNIQUE,
    name          text NOT NULL,
    role          text NOT NULL,
    all_stores    boolean NOT NULL,
    stores        text[] NOT NULL,
    language      text NOT NULL,
    password_hash text NOT NULL,                    -- argon2id
    active        boolean NOT NULL DEFAULT true,
    created_at_ms bigint NOT NULL
);
SELECT hq_protect('person', 'chain');

CREATE TABLE access_token (
    token_hash    bytea PRIMARY KEY,                -- SHA-256 of 256 random bits; the token itself is never stored
    token_id      text NOT NULL UNIQUE,
    person_id     text NOT NULL REFERENCES person,
    kind          text NOT NULL CHECK (kind IN ('session', 'api')),
    label         text NOT NULL,
    created_at_ms bigint NOT NULL,
    expires_at_ms bigint NOT NULL
);
CREATE INDEX access_token_person ON access_token (person_id, created_at_ms);
CREATE INDEX access_token_expires ON access_token (expires_at_ms);
SELECT hq_protect('access_token', 'chain');

CREATE TABLE login_failure (
    subject  text PRIMARY KEY,                      -- login|address
    failures integer NOT NULL,
    last_ms  bigint NOT NULL
);
CREATE INDEX login_failure_last ON login_failure (last_ms);
SELECT hq_protect('login_failure', 'chain');

-- Answers under their Idempotency-Key, written in the transaction of the change itself, whatever its scope.
CREATE TABLE answered_write (
    person_id   text NOT NULL,
    key         text NOT NULL,
    fingerprint bytea NOT NULL,
    answer      bytea NOT NULL,
    at_ms       bigint NOT NULL,
    PRIMARY KEY (person_id, key)
);
CREATE INDEX answered_write_at ON answered_write (at_ms);
SELECT hq_protect('answered_write', 'open');

CREATE TABLE tax_class (
    tax_class text PRIMARY KEY,
    name      text NOT NULL,
    rate_bp   integer NOT NULL CHECK (rate_bp BETWEEN 0 AND 10000)
);
SELECT hq_protect('tax_class', 'shared');

CREATE TABLE style (
    style_id text PRIMARY KEY,
    name     text NOT NULL,
    name_zh  text NOT NULL,
    brand    text NOT NULL,
    category text NOT NULL
);
SELECT hq_protect('style', 'shared');

CREATE TABLE item (
    item_id    text PRIMARY KEY,
    style_id   text NOT NULL REFERENCES style,
    name       text NOT NULL,
    name_zh    text NOT NULL,
    colour     text NOT NULL,
    size       text NOT NULL,
    tax_class  text NOT NULL REFERENCES tax_class,
    weighed    boolean NOT NULL,
    tare_grams integer NOT NULL CHECK (tare_grams >= 0),
    active     boolean NOT NULL
);
CREATE INDEX item_style ON item (style_id);
SELECT hq_protect('item', 'shared');

CREATE TABLE barcode (
    gtin          text PRIMARY KEY,                 -- 14 digits, or a look-up code of up to six
    item_id       text NOT NULL REFERENCES item,
    pack_quantity integer NOT NULL CHECK (pack_quantity >= 1)
);
CREATE INDEX barcode_item ON barcode (item_id);
SELECT hq_protect('barcode', 'shared');

CREATE TABLE zone (
    zone                text PRIMARY KEY,
    currency            text NOT NULL,
    minor_digits        integer NOT NULL CHECK (minor_digits BETWEEN 0 AND 3),
    tax_mode            text NOT NULL,
    cash_rounding_minor integer NOT NULL CHECK (cash_rounding_minor >= 1)
);
SELECT hq_protect('zone', 'shared');

-- Every revision ever issued. In force: the highest revision, not withdrawn, with effective_from <= now < effective_to.
CREATE TABLE price (
    zone              text NOT NULL REFERENCES zone,
    item_id           text NOT NULL REFERENCES item,
    revision          integer NOT NULL CHECK (revision >= 1),
    price_minor       bigint NOT NULL CHECK (price_minor > 0),
    effective_from_ms bigint NOT NULL,
    effective_to_ms   bigint CHECK (effective_to_ms > effective_from_ms),
    reason            text NOT NULL,
    changed_by        text NOT NULL,
    changed_at_ms     bigint NOT NULL,
    feed_version      bigint NOT NULL,
    in_feed           boolean NOT NULL DEFAULT true, -- stores hold it
    withdrawn_at_ms   bigint,                        -- taken back before it started, or issued again with a higher revision
    withdrawn_by      text,
    PRIMARY KEY (zone, item_id, revision)
);
CREATE INDEX price_published ON price (zone, feed_version DESC);
CREATE INDEX price_item ON price (item_id);
SELECT hq_protect('price', 'shared');

CREATE TABLE staff (
    store_id text NOT NULL,                          -- of a known store: checked by the use case
    staff_id text NOT NULL,
    name     text NOT NULL,
    pin_hash text NOT NULL,                          -- argon2id; the PIN itself is never stored
    rights   text[] NOT NULL,
    language text NOT NULL,
    active   boolean NOT NULL,
    PRIMARY KEY (store_id, staff_id)
);
SELECT hq_protect('staff', 'store');
