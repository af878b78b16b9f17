-- name: put_staff
INSERT INTO staff (store_id, staff_id, name, pin_hash, rights, language, active, limits)
VALUES (%(store_id)s, %(staff_id)s, %(name)s, %(pin_hash)s, %(rights)s, %(language)s, %(active)s, %(limits)s)
ON CONFLICT (store_id, staff_id) DO UPDATE
SET name = excluded.name, pin_hash = excluded.pin_hash, rights = excluded.rights, language = excluded.language,
    active = excluded.active, limits = excluded.limits;

-- name: get_staff
SELECT staff_id, name, pin_hash, rights, language, active, limits
FROM staff WHERE store_id = %(store_id)s AND staff_id = %(staff_id)s FOR UPDATE;

-- name: list_staff
SELECT staff_id, name, rights, language, active, limits
FROM staff WHERE store_id = %(store_id)s AND staff_id > %(after)s
ORDER BY staff_id LIMIT %(limit)s;
