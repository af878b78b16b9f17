-- name: add_person
INSERT INTO person (person_id, login, name, role, all_stores, regions, stores, language, password_hash, created_at_ms)
VALUES (%(person_id)s, %(login)s, %(name)s, %(role)s, %(all_stores)s, %(regions)s, %(stores)s, %(language)s, %(password_hash)s,
        %(now_ms)s)
ON CONFLICT (login) DO NOTHING;

-- name: change_person
UPDATE person SET name = %(name)s, role = %(role)s, all_stores = %(all_stores)s, regions = %(regions)s, stores = %(stores)s,
                  language = %(language)s
WHERE login = %(login)s AND active;

-- name: unknown_regions
SELECT wanted FROM unnest(%(regions)s::text[]) wanted
WHERE NOT EXISTS (SELECT 1 FROM region WHERE region_id = wanted) ORDER BY wanted;

-- name: unknown_stores
SELECT wanted FROM unnest(%(stores)s::text[]) wanted
WHERE NOT EXISTS (SELECT 1 FROM store WHERE store_id = wanted) ORDER BY wanted;

-- name: person_for_login
SELECT person_id, login, name, role, all_stores, regions, stores, language, password_hash,
       stores || ARRAY(SELECT s.store_id FROM store s WHERE s.region_id = ANY (person.regions) ORDER BY 1) AS reach
FROM person
WHERE login = %(login)s AND active;

-- name: list_people
SELECT person_id, login, name, role, all_stores, regions, stores, language
FROM person
WHERE active AND login > %(after)s
ORDER BY login
LIMIT %(limit)s;

-- name: count_people
SELECT count(*) FROM person;

-- name: set_password
UPDATE person SET password_hash = %(password_hash)s WHERE login = %(login)s AND active RETURNING person_id;

-- name: deactivate_person
UPDATE person SET active = false WHERE login = %(login)s AND active RETURNING person_id;

-- name: active_admins
SELECT count(*) FROM person WHERE active AND role = 'admin';

-- name: add_token
INSERT INTO access_token (token_hash, token_id, person_id, kind, label, created_at_ms, expires_at_ms)
VALUES (%(token_hash)s, %(token_id)s, %(person_id)s, %(kind)s, %(label)s, %(now_ms)s, %(expires_at_ms)s);

-- name: person_for_token
SELECT p.person_id, p.login, p.name, p.role, p.all_stores, p.regions, p.stores, p.language, t.kind AS token_kind,
       p.stores || ARRAY(SELECT s.store_id FROM store s WHERE s.region_id = ANY (p.regions) ORDER BY 1) AS reach
FROM access_token t JOIN person p USING (person_id)
WHERE t.token_hash = %(token_hash)s AND t.expires_at_ms > %(now_ms)s AND p.active;

-- name: list_tokens
SELECT token_id, kind, label, created_at_ms, expires_at_ms
FROM access_token
WHERE person_id = %(person_id)s AND expires_at_ms > %(now_ms)s
ORDER BY created_at_ms, token_id;

-- name: remove_token
DELETE FROM access_token WHERE token_hash = %(token_hash)s;

-- name: revoke_token
DELETE FROM access_token WHERE token_id = %(token_id)s AND person_id = %(person_id)s RETURNING token_id;

-- name: remove_tokens_of
DELETE FROM access_token WHERE person_id = %(person_id)s;

-- name: remove_expired_tokens
DELETE FROM access_token WHERE expires_at_ms <= %(now_ms)s;

-- name: failures
SELECT failures, last_ms FROM login_failure WHERE subject = %(subject)s;

-- name: lock_subject
SELECT pg_advisory_xact_lock(hashtextextended(%(subject)s, 7341));

-- name: note_failure
INSERT INTO login_failure (subject, failures, last_ms) VALUES (%(subject)s, %(failures)s, %(now_ms)s)
ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, last_ms = excluded.last_ms;

-- name: forget_failures
DELETE FROM login_failure WHERE subject = %(subject)s OR last_ms < %(forget_before_ms)s;
