-- Goods that came back at this store's tills.
CREATE TABLE goods_return (
    return_id TEXT PRIMARY KEY,
    command_id TEXT NOT NULL UNIQUE,
    basket_id TEXT NOT NULL UNIQUE,
    till_id TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    receipt_number INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    sold_store_id TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    fact BLOB NOT NULL,
    UNIQUE (till_id, incarnation, receipt_number)
) STRICT, WITHOUT ROWID;
CREATE INDEX goods_return_of_sale ON goods_return (sold_store_id, sale_id);
CREATE INDEX goods_return_age ON goods_return (at_ms);

-- One row per unit of a sold line that came back, or lies in an open basket as coming back: the key lets no unit come back twice.
CREATE TABLE returned_unit (
    sold_store_id TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    unit_no INTEGER NOT NULL,
    basket_id TEXT NOT NULL,
    till_id TEXT NOT NULL,
    return_id TEXT NOT NULL, -- empty while it lies in the basket
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (sold_store_id, sale_id, line_no, unit_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX returned_unit_of_basket ON returned_unit (basket_id);
CREATE INDEX returned_unit_in_baskets ON returned_unit (till_id) WHERE return_id = '';
