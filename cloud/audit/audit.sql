-- name: add
INSERT INTO audit_entry (at_ms, outcome, person_id, login, via, request_id, action, object_id, stores, zone, before, after, reason)
VALUES (%(at_ms)s, %(outcome)s, %(person_id)s, %(login)s, %(via)s, %(request_id)s, %(action)s, %(object_id)s, %(stores)s, %(zone)s,
        %(before)s, %(after)s, %(reason)s);

-- name: add_refusal
INSERT INTO audit_entry (at_ms, outcome, person_id, login, via, request_id, action, object_id, stores, zone, before, after, reason)
SELECT %(at_ms)s, %(outcome)s, %(person_id)s, %(login)s, %(via)s, %(request_id)s, %(action)s, %(object_id)s, '{}', '', '', '',
       %(reason)s
FROM (SELECT count(*) AS kept, count(*) FILTER (WHERE login = %(login)s) AS kept_of_login
      FROM audit_entry WHERE outcome = %(outcome)s AND at_ms > %(since_ms)s) recent
WHERE recent.kept < %(kept_max)s AND recent.kept_of_login < %(kept_of_login_max)s;

-- name: list
SELECT audit_id, at_ms, outcome, login, via, request_id, action, object_id, stores, zone, before, after, reason
FROM audit_entry
WHERE audit_id < %(before_id)s
  AND (%(login)s::text IS NULL OR login = %(login)s)
  AND (%(action)s::text IS NULL OR action = %(action)s OR starts_with(action, %(action)s::text || '.'))
  AND (%(object_id)s::text IS NULL OR object_id = %(object_id)s)
  AND (%(store_id)s::text IS NULL OR stores @> ARRAY[%(store_id)s::text])
  AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
  AND at_ms >= %(from_ms)s AND at_ms < %(to_ms)s
ORDER BY audit_id DESC
LIMIT %(limit)s;
