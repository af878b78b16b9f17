-- What members can be found by, when headquarters was heard last, and what was taken of stored value without asking it.

CREATE TABLE member_lookup (
    look TEXT NOT NULL,             -- a member_key, or tail/ and the last digits of the phone number
    member_id TEXT NOT NULL,
    PRIMARY KEY (look, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_lookup_of ON member_lookup (member_id);

CREATE TABLE hq_contact (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    heard_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE value_offline (
    attempt_id TEXT PRIMARY KEY,
    value_kind TEXT NOT NULL,
    account TEXT NOT NULL,          -- value_key of a card, member, or coupon
    amount INTEGER NOT NULL,
    sale_id TEXT NOT NULL,
    till_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX value_offline_at ON value_offline (at_ms);
CREATE INDEX value_offline_account ON value_offline (value_kind, account, business_date);
