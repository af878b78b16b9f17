-- Stored value: gift cards, points and single-use coupons as accounts, lots, and an append-only ledger of movements.
--
-- What lies free in a lot is the sum of its movements' `free_delta`, what is set aside the sum of `held_delta`; a lot's columns
-- are that sum kept at hand (view `value_wrong` lists where they differ). Movements without a lot are what an account owes:
-- points taken back that were spent already.

CREATE TABLE value_account (
    account_id text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('gift_card', 'points', 'coupon')),
    key text COLLATE "C" NOT NULL,             -- value_key of the number; of points: the member
    tail text NOT NULL DEFAULT '',
    member_id text COLLATE "C",                -- whose it is; NULL: the bearer's
    currency text NOT NULL DEFAULT '',         -- of a gift card
    promotion_id text COLLATE "C" NOT NULL DEFAULT '',  -- of a coupon
    batch_id text COLLATE "C" NOT NULL DEFAULT '',
    blocked boolean NOT NULL DEFAULT false,
    valid_from_ms bigint NOT NULL DEFAULT 0,   -- of a coupon
    owed bigint NOT NULL DEFAULT 0 CHECK (owed >= 0),
    opened_at_ms bigint NOT NULL,
    UNIQUE (kind, key)
);
SELECT hq_protect('value_account', 'chain');
CREATE INDEX ON value_account (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX ON value_account (batch_id) WHERE batch_id <> '';

CREATE TABLE value_lot (
    lot_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL REFERENCES value_account,
    amount bigint NOT NULL CHECK (amount > 0),
    free bigint NOT NULL CHECK (free >= 0),
    held bigint NOT NULL CHECK (held >= 0),
    expires_ms bigint,
    origin text NOT NULL,                      -- sale/{store}/{sale}, card/{store}/{sale}/{line}, hq/{what}
    at_ms bigint NOT NULL
);
SELECT hq_protect('value_lot', 'chain');
CREATE INDEX ON value_lot (account_id, expires_ms);
CREATE INDEX ON value_lot (expires_ms) WHERE free > 0 AND expires_ms IS NOT NULL;

CREATE TABLE value_reservation (
    reservation_id text COLLATE "C" PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL REFERENCES value_account,
    store_id text COLLATE "C" NOT NULL,
    attempt_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    till_id text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL,                       -- held, released, expired, consumed
    expires_ms bigint NOT NULL,
    at_ms bigint NOT NULL,
    UNIQUE (store_id, attempt_id)
);
SELECT hq_protect('value_reservation', 'store');
CREATE INDEX ON value_reservation (expires_ms) WHERE state = 'held';
CREATE INDEX ON value_reservation (account_id) WHERE state = 'held';

CREATE TABLE value_movement (
    movement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL REFERENCES value_account,
    lot_id bigint REFERENCES value_lot,        -- NULL: what is owed (free_delta < 0 owes more)
    what text NOT NULL,                        -- issue, load, reserve, consume, release, restore, expire, adjust, owe, settle
    free_delta bigint NOT NULL,
    held_delta bigint NOT NULL DEFAULT 0,
    reservation_id text COLLATE "C" NOT NULL DEFAULT '',
    store_id text COLLATE "C" NOT NULL DEFAULT '',
    sale_id text COLLATE "C" NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    at_ms bigint NOT NULL
);
SELECT hq_protect('value_movement', 'store');
CREATE FUNCTION value_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger of stored value is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON value_movement FOR EACH ROW EXECUTE FUNCTION value_append_only();
CREATE INDEX ON value_movement (account_id, movement_id);
CREATE INDEX ON value_movement (reservation_id) WHERE reservation_id <> '';
CREATE INDEX ON value_movement (store_id, sale_id) WHERE sale_id <> '';

CREATE VIEW value_balance WITH (security_invoker = true) AS
SELECT account_id, lot_id, sum(free_delta)::bigint AS free, sum(held_delta)::bigint AS held
FROM value_movement GROUP BY account_id, lot_id;
CREATE VIEW value_wrong WITH (security_invoker = true) AS
SELECT l.account_id, l.lot_id, l.free, l.held, coalesce(b.free, 0) AS free_by_ledger, coalesce(b.held, 0) AS held_by_ledger
FROM value_lot l LEFT JOIN value_balance b ON b.lot_id = l.lot_id
WHERE (l.free, l.held) IS DISTINCT FROM (coalesce(b.free, 0), coalesce(b.held, 0))
UNION ALL
SELECT a.account_id, NULL, -a.owed, 0, coalesce(b.free, 0), coalesce(b.held, 0)
FROM value_account a LEFT JOIN value_balance b ON b.account_id = a.account_id AND b.lot_id IS NULL
WHERE (-a.owed, 0) IS DISTINCT FROM (coalesce(b.free, 0), coalesce(b.held, 0));
GRANT SELECT ON value_balance, value_wrong TO tallystick_app, tallystick_ingest;

-- Two stores took the same value while one of them could not ask: the sale stands, a person looks at it.
CREATE TABLE stored_value_clash (
    clash_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    value_kind text NOT NULL,
    account_id text COLLATE "C" NOT NULL DEFAULT '',  -- empty: no such account
    tail text NOT NULL DEFAULT '',
    member_id text COLLATE "C" NOT NULL DEFAULT '',
    currency text NOT NULL DEFAULT '',         -- of a gift card
    amount bigint NOT NULL,                    -- what the sale took
    short bigint NOT NULL,                     -- how much of it was not there
    why text NOT NULL,                         -- overdrawn, used_before, unknown, blocked, expired
    at_ms bigint NOT NULL,
    settled_at_ms bigint,
    settled_by text NOT NULL DEFAULT '',
    settled_how text NOT NULL DEFAULT ''
);
SELECT hq_protect('stored_value_clash', 'store');
CREATE INDEX ON stored_value_clash (store_id, clash_id);

-- What facts say of stored value, waiting to be booked; filled in the transaction that takes the fact, emptied by the keeper.
CREATE TABLE value_due (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id text COLLATE "C" NOT NULL,
    what text NOT NULL,                        -- tender, coupon, card, earned, refund, returned
    ref text COLLATE "C" NOT NULL,             -- sale or return
    part integer NOT NULL DEFAULT 0,           -- tender or line
    coupon_id text COLLATE "C" NOT NULL DEFAULT '',
    tries integer NOT NULL DEFAULT 0,
    not_before_ms bigint NOT NULL DEFAULT 0
);
SELECT hq_protect('value_due', 'store');
-- What was booked, for ever: a fact projected again is not booked again.
CREATE TABLE value_booked (
    store_id text COLLATE "C" NOT NULL,
    what text NOT NULL,
    ref text COLLATE "C" NOT NULL,
    part integer NOT NULL,
    coupon_id text COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (store_id, what, ref, part, coupon_id)
);
SELECT hq_protect('value_booked', 'store');

CREATE FUNCTION value_note_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_ARGV[0]
        WHEN 'tender' THEN
            INSERT INTO value_due (store_id, what, ref, part) VALUES (NEW.store_id, 'tender', NEW.sale_id, NEW.tender_no);
        WHEN 'coupon' THEN
            INSERT INTO value_due (store_id, what, ref, coupon_id) VALUES (NEW.store_id, 'coupon', NEW.sale_id, NEW.coupon_id);
        WHEN 'card' THEN
            INSERT INTO value_due (store_id, what, ref, part) VALUES (NEW.store_id, 'card', NEW.sale_id, NEW.line_no);
        WHEN 'earned' THEN
            INSERT INTO value_due (store_id, what, ref) VALUES (NEW.store_id, 'earned', NEW.sale_id);
        WHEN 'refund' THEN
            INSERT INTO value_due (store_id, what, ref, part) VALUES (NEW.store_id, 'refund', NEW.return_id, NEW.tender_no);
        WHEN 'returned' THEN
            INSERT INTO value_due (store_id, what, ref) VALUES (NEW.store_id, 'returned', NEW.return_id);
    END CASE;
    RETURN NULL;
END $$;

-- The condition is looked at without calling the function: a plain sale costs next to nothing.
CREATE TRIGGER value_due AFTER INSERT ON tender FOR EACH ROW
    WHEN (NEW.kind IN ('gift_card', 'points')) EXECUTE FUNCTION value_note_due('tender');
CREATE TRIGGER value_due AFTER INSERT ON sale_coupon FOR EACH ROW EXECUTE FUNCTION value_note_due('coupon');
CREATE TRIGGER value_due AFTER INSERT ON sale_line FOR EACH ROW
    WHEN (NEW.line_kind = 'gift_card') EXECUTE FUNCTION value_note_due('card');
CREATE TRIGGER value_due AFTER INSERT ON sale FOR EACH ROW
    WHEN (NEW.member_id IS NOT NULL) EXECUTE FUNCTION value_note_due('earned');
CREATE TRIGGER value_due AFTER INSERT ON return_tender FOR EACH ROW
    WHEN (NEW.kind = 'gift_card') EXECUTE FUNCTION value_note_due('refund');
CREATE TRIGGER value_due AFTER INSERT ON goods_return FOR EACH ROW
    WHEN (NEW.points_taken_back > 0 OR NEW.points_given_back > 0) EXECUTE FUNCTION value_note_due('returned');

-- How far a store may go alone: its own limits, else everybody's.
CREATE TABLE value_allowance (
    store_id text COLLATE "C" NOT NULL,
    value_kind text NOT NULL,
    per_transaction bigint NOT NULL CHECK (per_transaction >= 0),
    per_account_day bigint NOT NULL CHECK (per_account_day >= 0),
    per_outage bigint NOT NULL CHECK (per_outage >= 0),
    PRIMARY KEY (store_id, value_kind)
);
SELECT hq_protect('value_allowance', 'store');

CREATE TABLE value_allowance_default (
    value_kind text PRIMARY KEY,
    per_transaction bigint NOT NULL CHECK (per_transaction >= 0),
    per_account_day bigint NOT NULL CHECK (per_account_day >= 0),
    per_outage bigint NOT NULL CHECK (per_outage >= 0)
);
SELECT hq_protect('value_allowance_default', 'shared');
INSERT INTO value_allowance_default VALUES
    ('gift_card', 10000, 10000, 50000), ('points', 2000, 2000, 20000), ('coupon', 1, 1, 20);
