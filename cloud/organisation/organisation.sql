-- name: organisation
SELECT name FROM organisation;

-- name: lock_organisation
SELECT name FROM organisation FOR UPDATE;

-- name: rename_organisation
UPDATE organisation SET name = %(name)s;

-- name: list_regions
SELECT r.region_id, r.name, count(s.store_id) AS store_count
FROM region r LEFT JOIN store s USING (region_id)
GROUP BY r.region_id, r.name
ORDER BY r.region_id = 'default', r.name, r.region_id;

-- name: list_stores
SELECT store_id, name, zone, region_id FROM store
WHERE store_id > %(after)s AND (%(region_id)s::text IS NULL OR region_id = %(region_id)s)
ORDER BY store_id
LIMIT %(limit)s;

-- name: lock_region
SELECT region_id, name, 0 AS store_count FROM region WHERE region_id = %(region_id)s FOR UPDATE;

-- name: count_regions
SELECT count(*) FROM region;

-- name: put_region
INSERT INTO region (region_id, name, added_at_ms) VALUES (%(region_id)s, %(name)s, %(now_ms)s)
ON CONFLICT (region_id) DO UPDATE SET name = excluded.name;

-- name: remove_region
DELETE FROM region WHERE region_id = %(region_id)s;

-- name: region_has_stores
SELECT 1 FROM store WHERE region_id = %(region_id)s LIMIT 1;

-- name: people_of_region
SELECT login FROM person WHERE active AND %(region_id)s = ANY (regions) ORDER BY login LIMIT 5;

-- name: lock_region_of_store
SELECT region_id FROM store WHERE store_id = %(store_id)s FOR UPDATE;

-- name: move_store
UPDATE store SET region_id = %(region_id)s WHERE store_id = %(store_id)s;
