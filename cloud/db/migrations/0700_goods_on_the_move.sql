-- What moves goods inside a store and between stores, what is promised, and what gates and fitting rooms heard; and the feed
-- of a store's stock. The moves themselves stand in stock_move.

CREATE TABLE relocation (
    store_id text COLLATE "C" NOT NULL,
    relocation_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    from_place text COLLATE "C" NOT NULL,
    to_place text COLLATE "C" NOT NULL,
    how text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    line_count integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, relocation_id)
);
CREATE INDEX relocation_tail ON relocation (store_id, ingest_rev);
SELECT hq_protect('relocation', 'ingest');

CREATE TABLE transfer (
    store_id text COLLATE "C" NOT NULL,
    transfer_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    to_store_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    line_count integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, transfer_id)
);
SELECT hq_protect('transfer', 'ingest');

CREATE INDEX transfer_tail ON transfer (store_id, ingest_rev);
CREATE INDEX transfer_to ON transfer (to_store_id, transfer_id);

-- Lines of receipts, transfers, relocations and write-offs (`kind`), with the tags that were read.
CREATE TABLE goods_line (
    store_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,              -- receipt, transfer, relocation, write_off
    document_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    gtin text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    expected_thousandths bigint,                 -- of a receipt: what its notice promised; null: there was none
    batch text COLLATE "C" NOT NULL,
    expires text COLLATE "C" NOT NULL,
    epcs text,                                   -- JSON array of EPC URIs
    serials text,                                -- JSON array
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, kind, document_id, line_no)
);
CREATE INDEX goods_line_tail ON goods_line (store_id, ingest_rev);
SELECT hq_protect('goods_line', 'ingest');

CREATE TABLE write_off (
    store_id text COLLATE "C" NOT NULL,
    write_off_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    place text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    approver_id text COLLATE "C" NOT NULL,
    note text COLLATE "C" NOT NULL,
    line_count integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, write_off_id)
);
CREATE INDEX write_off_day ON write_off (business_date);
SELECT hq_protect('write_off', 'ingest');

CREATE TABLE reservation_answer (
    store_id text COLLATE "C" NOT NULL,
    reservation_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    line_no integer NOT NULL,
    incarnation bigint NOT NULL,
    seq bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    why text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    wanted_thousandths bigint NOT NULL,
    held_thousandths bigint NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id, line_no)
);
CREATE INDEX reservation_answer_newest ON reservation_answer (store_id, reservation_id, ingest_rev, seq);
SELECT hq_protect('reservation_answer', 'ingest');

CREATE TABLE markdown_proposal (
    store_id text COLLATE "C" NOT NULL,
    proposal_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    batch text COLLATE "C" NOT NULL,
    expires text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    off_bp integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, proposal_id)
);
SELECT hq_protect('markdown_proposal', 'ingest');

CREATE TABLE book_comparison (
    store_id text COLLATE "C" NOT NULL,
    comparison_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    place text COLLATE "C" NOT NULL,
    items integer NOT NULL,
    equal integer NOT NULL,
    pieces_missing integer NOT NULL,
    pieces_extra integer NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, comparison_id)
);
CREATE INDEX book_comparison_day ON book_comparison (business_date);
SELECT hq_protect('book_comparison', 'ingest');

CREATE TABLE book_comparison_line (
    store_id text COLLATE "C" NOT NULL,
    comparison_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    book_thousandths bigint NOT NULL,
    seen_thousandths bigint NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, comparison_id, item_id)
);
SELECT hq_protect('book_comparison_line', 'ingest');

CREATE TABLE gate_alarm (
    store_id text COLLATE "C" NOT NULL,
    alarm_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    epc text COLLATE "C" NOT NULL,
    gtin text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    siren boolean NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, alarm_id, epc)
);
CREATE INDEX gate_alarm_tail ON gate_alarm (store_id, ingest_rev);
SELECT hq_protect('gate_alarm', 'ingest');

CREATE TABLE gate_alarm_end (
    store_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    alarm_id text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    sale_id text COLLATE "C" NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, event_id)
);
CREATE INDEX gate_alarm_ended ON gate_alarm_end (store_id, alarm_id);
SELECT hq_protect('gate_alarm_end', 'ingest');

CREATE TABLE fitting (
    store_id text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    room text COLLATE "C" NOT NULL,
    epc text COLLATE "C" NOT NULL,
    gtin text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    entered_ms bigint NOT NULL,
    left_ms bigint NOT NULL,
    tried_on boolean NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    business_date date NOT NULL,
    ingest_rev bigint NOT NULL,
    PRIMARY KEY (store_id, session_id, epc)
);
SELECT hq_protect('fitting', 'ingest');

-- What earlier facts now say besides.
ALTER TABLE stock_move
    ADD COLUMN batch text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN expires text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN serial text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN staff_id text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN approver_id text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX stock_move_day ON stock_move (business_date) WHERE reason IN ('count', 'write_off');
ALTER TABLE sale_line ADD COLUMN epcs text;              -- JSON array of EPC URIs
ALTER TABLE goods_return_line ADD COLUMN epcs text;
ALTER TABLE goods_receipt
    ADD COLUMN asn_id text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN transfer_id text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX goods_receipt_tail ON goods_receipt (store_id, ingest_rev);
CREATE INDEX goods_receipt_asn ON goods_receipt (store_id, asn_id) WHERE asn_id <> '';
CREATE INDEX goods_receipt_transfer ON goods_receipt (transfer_id, store_id) WHERE transfer_id <> '';
ALTER TABLE stock_count
    ADD COLUMN batch text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN expires text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN missing_epcs text,
    ADD COLUMN found_epcs text,
    ADD COLUMN how text COLLATE "C" NOT NULL DEFAULT 'scan',
    ADD COLUMN blind boolean NOT NULL DEFAULT false,
    ADD COLUMN whole boolean NOT NULL DEFAULT false,
    ADD COLUMN approver_id text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX stock_count_tail ON stock_count (store_id, ingest_rev);
CREATE INDEX stock_count_day ON stock_count (business_date);

-- The balance knows batches: on-hand of a batch is a balance and a tail like on-hand of an item (docs/adr/0003).
ALTER TABLE stock_balance
    ADD COLUMN batch text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN expires text COLLATE "C" NOT NULL DEFAULT '',
    DROP CONSTRAINT stock_balance_pkey,
    ADD PRIMARY KEY (store_id, item_id, place, batch);

-- The balance once more, by place alone: what a region or the chain holds is read without its items.
CREATE TABLE stock_total (
    store_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    quantity_thousandths bigint NOT NULL,
    PRIMARY KEY (store_id, place)
);
SELECT hq_protect('stock_total', 'ingest');
INSERT INTO stock_total
SELECT store_id, place, sum(quantity_thousandths)::bigint FROM stock_balance GROUP BY store_id, place;

CREATE VIEW stock_on_hand_batch AS
    SELECT store_id, item_id, place, batch, max(expires) AS expires, sum(quantity_thousandths)::bigint AS on_hand_thousandths
    FROM (
        SELECT store_id, item_id, place, batch, expires, quantity_thousandths FROM stock_balance
        UNION ALL
        SELECT m.store_id, m.item_id, m.place, m.batch, m.expires, m.quantity_thousandths
        FROM store_session x LEFT JOIN stock_watermark w USING (store_id)
        JOIN stock_move m ON m.store_id = x.store_id AND m.ingest_rev > coalesce(w.upto_rev, 0)
        UNION ALL
        SELECT l.store_id, l.item_id, l.place, coalesce(l.batch, ''), coalesce(l.expires::text, ''), -l.stock_thousandths
        FROM store_session x LEFT JOIN stock_watermark w USING (store_id)
        JOIN sale_line l ON l.store_id = x.store_id AND l.ingest_rev > coalesce(w.upto_rev, 0)
    ) moves
    GROUP BY store_id, item_id, place, batch;
GRANT SELECT ON stock_on_hand_batch TO tallystick_ingest;

CREATE VIEW stock_on_hand_place AS
    SELECT store_id, place, sum(quantity_thousandths)::bigint AS on_hand_thousandths
    FROM (
        SELECT store_id, place, quantity_thousandths FROM stock_total
        UNION ALL
        SELECT m.store_id, m.place, m.quantity_thousandths
        FROM store_session x LEFT JOIN stock_watermark w USING (store_id)
        JOIN stock_move m ON m.store_id = x.store_id AND m.ingest_rev > coalesce(w.upto_rev, 0)
        UNION ALL
        SELECT l.store_id, l.place, -l.stock_thousandths
        FROM store_session x LEFT JOIN stock_watermark w USING (store_id)
        JOIN sale_line l ON l.store_id = x.store_id AND l.ingest_rev > coalesce(w.upto_rev, 0)
    ) moves
    GROUP BY store_id, place;
GRANT SELECT ON stock_on_hand_place TO tallystick_ingest;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['relocation', 'goods_line', 'write_off', 'reservation_answer', 'markdown_proposal',
        'book_comparison', 'book_comparison_line', 'gate_alarm', 'gate_alarm_end', 'fitting',
        'stock_move', 'sale_line', 'goods_return_line', 'goods_receipt', 'stock_count'] LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %I WITH (security_barrier) AS SELECT * FROM %I WHERE %s',
                       'visible_' || name, name, hq_store_rule());
        EXECUTE format('GRANT SELECT ON %I TO tallystick_app, tallystick_ingest', 'visible_' || name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['stock_on_hand_batch', 'stock_on_hand_place'] LOOP  -- grouped: a condition that can be moved in
        EXECUTE format('CREATE VIEW %I WITH (security_barrier) AS SELECT * FROM %I '
                       'WHERE (SELECT hq_all()) OR store_id = ANY ((SELECT hq_stores())::text[])', 'visible_' || name, name);
        EXECUTE format('GRANT SELECT ON %I TO tallystick_app, tallystick_ingest', 'visible_' || name);
    END LOOP;
END $$;

-- A transfer is of two stores: whoever looks after either sees it, with what became of it. `from_store_id` sent it.
CREATE VIEW visible_transfer WITH (security_barrier) AS
    SELECT t.store_id AS from_store_id, t.transfer_id, t.event_id, t.at_ms, t.to_store_id, t.place, t.reference, t.staff_id,
           t.line_count, t.business_date, t.ingest_rev, r.receipt_id, r.at_ms AS received_ms
    FROM transfer t
    LEFT JOIN LATERAL (SELECT g.receipt_id, g.at_ms FROM goods_receipt g
                       WHERE g.transfer_id = t.transfer_id AND g.store_id = t.to_store_id AND g.transfer_id <> ''
                       ORDER BY g.receipt_id LIMIT 1) r ON true
    WHERE (SELECT hq_all()) OR t.store_id IN (SELECT unnest(hq_stores())) OR t.to_store_id IN (SELECT unnest(hq_stores()));

-- What was sent and what came, an item and batch a row.
CREATE VIEW visible_transfer_line WITH (security_barrier) AS
    SELECT t.store_id AS from_store_id, t.transfer_id, t.to_store_id, x.item_id, x.batch, max(x.expires) AS expires,
           sum(x.sent)::bigint AS sent_thousandths, sum(x.came)::bigint AS came_thousandths
    FROM transfer t
    CROSS JOIN LATERAL (
        SELECT l.item_id, l.batch, l.expires, l.quantity_thousandths AS sent, 0::bigint AS came FROM goods_line l
        WHERE l.store_id = t.store_id AND l.kind = 'transfer' AND l.document_id = t.transfer_id
        UNION ALL
        SELECT l.item_id, l.batch, l.expires, 0, l.quantity_thousandths FROM goods_receipt g
        JOIN goods_line l ON l.store_id = g.store_id AND l.kind = 'receipt' AND l.document_id = g.receipt_id
        WHERE g.transfer_id = t.transfer_id AND g.store_id = t.to_store_id AND g.transfer_id <> ''
    ) x
    WHERE (SELECT hq_all()) OR t.store_id IN (SELECT unnest(hq_stores())) OR t.to_store_id IN (SELECT unnest(hq_stores()))
    GROUP BY t.store_id, t.transfer_id, t.to_store_id, x.item_id, x.batch;
GRANT SELECT ON visible_transfer, visible_transfer_line TO tallystick_app, tallystick_ingest;

-- Jobs that follow what stores report, step by step (cloud/db/steps.py).
CREATE INDEX ingest_step_all ON ingest_step (tx, store_id, ingest_rev);
CREATE TABLE step_reader (
    reader text COLLATE "C" PRIMARY KEY,
    tx xid8 NOT NULL,
    at_store text COLLATE "C" NOT NULL,
    at_rev bigint NOT NULL
);
SELECT hq_protect('step_reader', 'chain');

-- `cloud/stores/domain.py` says the same to the publisher; a test compares them.
CREATE OR REPLACE FUNCTION hq_feeds_of(store_id text, zone text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['global/catalogue', 'global/label-templates', 'zone/' || zone || '/price', 'store/' || store_id || '/price',
                 'zone/' || zone || '/promotion', 'store/' || store_id || '/member', 'store/' || store_id || '/stock',
                 'store/' || store_id || '/setup', 'store/' || store_id || '/staff', 'store/' || store_id || '/opening-stock'];

INSERT INTO feed (feed_id, epoch, state_hash)
SELECT feed_id, (SELECT feed_epoch FROM hq_state), repeat('0', 64)
FROM (SELECT 'store/' || store_id || '/stock' AS feed_id FROM store) missing
ON CONFLICT (feed_id) DO NOTHING;
