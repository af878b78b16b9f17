-- Invoices that customers ask for with a receipt. Issuing them is another program's work: it takes documents out of
-- `invoice_document` and says how each ended (cloud/invoices/service.py).
CREATE TABLE invoice_request (
    store_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    buyer_name text NOT NULL,
    buyer_tax_number text NOT NULL,
    deliver_to text NOT NULL,
    asked_at_ms bigint NOT NULL,
    asked_by text NOT NULL,
    PRIMARY KEY (store_id, sale_id)               -- never twice for one receipt
);
SELECT hq_protect('invoice_request', 'store');

-- One row per paper: the invoice (return_id empty), and a red letter for each return after it. A return before the invoice is
-- taken off the invoice and noted with state `included`, so that it never gets a red letter.
CREATE TABLE invoice_document (
    document_id text COLLATE "C" PRIMARY KEY,
    store_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    returned_in text COLLATE "C" NOT NULL,        -- the store that took the goods back; empty: the invoice itself
    return_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,                           -- invoice, red_letter
    state text NOT NULL CHECK (state IN ('pending', 'issued', 'failed', 'included')),
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    number text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    made_at_ms bigint NOT NULL,
    ended_at_ms bigint,
    UNIQUE (store_id, sale_id, returned_in, return_id)
);
SELECT hq_protect('invoice_document', 'store');
CREATE INDEX invoice_document_pending ON invoice_document (made_at_ms, document_id) WHERE state = 'pending';
CREATE UNIQUE INDEX invoice_number ON invoice_document (number) WHERE number <> '';
