-- Goods that come back: sales found by their receipt, and units set aside for a return that is on its way in some store.
CREATE INDEX sale_receipt ON sale (store_id, receipt_till_id, receipt_incarnation, receipt_number);

CREATE TABLE return_reservation (
    sold_store_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    unit_no bigint NOT NULL,
    by_store_id text COLLATE "C" NOT NULL,
    basket_id text COLLATE "C" NOT NULL,
    expires_ms bigint NOT NULL,
    PRIMARY KEY (sold_store_id, sale_id, line_no, unit_no)
);
SELECT hq_protect('return_reservation', 'chain');
CREATE INDEX ON return_reservation (expires_ms);

CREATE INDEX ON goods_return (business_date);
CREATE INDEX ON goods_return_line (business_date);
