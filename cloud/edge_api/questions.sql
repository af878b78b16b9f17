-- name: limits
SELECT set_config('lock_timeout', '900ms', true), set_config('statement_timeout', '1200ms', true);

-- name: begin
INSERT INTO edge_question (store_id, question_id, asked_sha256, at_ms)
VALUES (%(store_id)s, %(question_id)s, %(asked_sha256)s, %(now_ms)s)
ON CONFLICT DO NOTHING
RETURNING 1;

-- name: kept
SELECT answer, asked_sha256 FROM edge_question WHERE store_id = %(store_id)s AND question_id = %(question_id)s;

-- name: keep
UPDATE edge_question SET answer = %(answer)s WHERE store_id = %(store_id)s AND question_id = %(question_id)s;

-- name: forget
DELETE FROM edge_question WHERE ctid IN (
    SELECT ctid FROM edge_question WHERE at_ms < %(before_ms)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED);
