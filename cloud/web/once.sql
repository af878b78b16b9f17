-- name: try_lock
SELECT pg_try_advisory_xact_lock(hashtextextended(%(name)s, 7342));

-- name: recall
SELECT fingerprint, answer FROM answered_write WHERE person_id = %(person_id)s AND key = %(key)s;

-- name: remember
INSERT INTO answered_write (person_id, key, fingerprint, answer, at_ms)
VALUES (%(person_id)s, %(key)s, %(fingerprint)s, %(answer)s, %(now_ms)s);

-- name: forget
DELETE FROM answered_write WHERE at_ms < %(forget_before_ms)s;
