-- name: find
SELECT staff_id, name, pin_hash, rights, language, active, limits FROM staff WHERE staff_id = ?

-- name: all_active
SELECT staff_id, name, pin_hash, rights, language, active, limits FROM staff WHERE active = 1 ORDER BY name
