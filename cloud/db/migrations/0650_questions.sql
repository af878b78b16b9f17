-- Questions of stores that changed something: each id is answered once, and the answer is kept for a while to be repeated.

CREATE TABLE edge_question (
    store_id text COLLATE "C" NOT NULL,
    question_id text COLLATE "C" NOT NULL,
    asked_sha256 bytea NOT NULL,
    answer bytea,                              -- NULL only inside the transaction that answers
    at_ms bigint NOT NULL,
    PRIMARY KEY (store_id, question_id)
);
SELECT hq_protect('edge_question', 'store');
CREATE INDEX ON edge_question (at_ms);
