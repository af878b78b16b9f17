-- Tagged goods. One row per tag ever seen going through a door; `arriving` and `leaving` wait for their fact.
CREATE TABLE goods_tag (
    epc TEXT PRIMARY KEY,                     -- EPC URI; urn:epc:raw:... for a tag that is no SGTIN
    gtin TEXT NOT NULL,
    item_id TEXT NOT NULL,                    -- '' while no item of the catalogue has the GTIN
    state TEXT NOT NULL CHECK (state IN ('arriving', 'received', 'leaving', 'left', 'unknown', 'undecided')),
    why TEXT NOT NULL,                        -- of `unknown`: foreign, no_item, by_weight
    device_id TEXT NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    fact_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX goods_tag_of_item ON goods_tag (item_id);
CREATE INDEX goods_tag_open ON goods_tag (state, device_id) WHERE state IN ('arriving', 'leaving', 'unknown', 'undecided');

-- The doors' facts as they were journalled, for the screens.
CREATE TABLE goods_passage (
    fact_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('received', 'left')),
    at_ms INTEGER NOT NULL,
    fact BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX goods_passage_by_time ON goods_passage (kind, at_ms);
