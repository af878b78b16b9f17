-- Serial numbers given to tags: a serial is new for its GTIN, for ever. Whoever may announce a delivery draws from it.
CREATE TABLE tag_serial (
    gtin text COLLATE "C" PRIMARY KEY,
    next_serial bigint NOT NULL CHECK (next_serial >= 1)
);
SELECT hq_protect('tag_serial', 'open');
