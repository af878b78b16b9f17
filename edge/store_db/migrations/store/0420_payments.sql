-- The truth of tenders: every wish to take or give back money, written before the first byte of it leaves the box.
CREATE TABLE payment_attempt (
    attempt_id TEXT PRIMARY KEY,
    sale_id TEXT NOT NULL,
    turn INTEGER NOT NULL,                    -- order within the sale
    till_id TEXT NOT NULL,
    method TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,            -- asked for; negative: money back
    terminal_id TEXT NOT NULL,
    reverses_id TEXT NOT NULL,
    code_key TEXT NOT NULL,                   -- a hash, never a code
    code_tail TEXT NOT NULL,
    member_id TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    approved_minor INTEGER NOT NULL DEFAULT 0,
    units INTEGER NOT NULL DEFAULT 0,
    reference TEXT NOT NULL DEFAULT '',
    card_tail TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '',
    closed INTEGER NOT NULL DEFAULT 0         -- 1: nothing is left to do about it
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_of_sale ON payment_attempt (sale_id, turn);
CREATE INDEX payment_open ON payment_attempt (till_id) WHERE closed = 0;

-- The basket people are paying for: durable with its first attempt, so that a power cut cannot part money and goods.
CREATE TABLE payment_basket (
    till_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How cash totals are rounded.
ALTER TABLE zone ADD COLUMN cash_rounding_method TEXT NOT NULL DEFAULT 'half_up';
ALTER TABLE zone ADD COLUMN cash_rounding_scope TEXT NOT NULL DEFAULT 'cash';
