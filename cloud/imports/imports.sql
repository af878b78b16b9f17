-- name: known_codes
SELECT asked.code, i.item_id, i.weighed, found.pack_quantity
FROM unnest(%(codes)s::text[], %(gtins)s::text[]) AS asked (code, gtin)
JOIN LATERAL (
    SELECT item_id, 1 AS pack_quantity FROM item WHERE item_id = asked.code
    UNION ALL
    SELECT item_id, pack_quantity FROM barcode WHERE gtin = asked.gtin
    LIMIT 1
) found ON true
JOIN item i ON i.item_id = found.item_id;

-- name: zones
SELECT zone, currency, minor_digits FROM zone ORDER BY zone;

-- name: stores
SELECT s.store_id, s.zone, s.time_zone, coalesce(z.currency, '') AS currency, coalesce(z.minor_digits, 2) AS minor_digits
FROM store s LEFT JOIN zone z USING (zone) ORDER BY s.store_id;

-- name: add_file
INSERT INTO import_file (import_id, kind, file_name, sha256, size_bytes, choices, content, state, uploaded_by, uploaded_at_ms)
VALUES (%(import_id)s, %(kind)s, %(file_name)s, %(sha256)s, %(size_bytes)s, %(choices)s, %(content)s, 'waiting',
        %(uploaded_by)s, %(uploaded_at_ms)s);

-- name: count_open
SELECT count(*) FROM import_file WHERE content IS NOT NULL;

-- name: drop_old
DELETE FROM import_file WHERE content IS NOT NULL AND uploaded_at_ms < %(before_ms)s;

-- name: get_file
SELECT import_id, kind, file_name, sha256, size_bytes, choices, state, beat_ms, lines_read, report, outcome, uploaded_by,
       uploaded_at_ms, checked_at_ms, applied_by, applied_at_ms, undone_by, undone_at_ms, content IS NOT NULL AS kept
FROM import_file WHERE import_id = %(import_id)s;

-- name: lock_file
SELECT import_id, kind, file_name, sha256, size_bytes, choices, state, beat_ms, lines_read, report, outcome, uploaded_by,
       uploaded_at_ms, checked_at_ms, applied_by, applied_at_ms, undone_by, undone_at_ms, content IS NOT NULL AS kept
FROM import_file WHERE import_id = %(import_id)s FOR UPDATE;

-- name: list_files
SELECT import_id, kind, file_name, sha256, size_bytes, choices, state, beat_ms, lines_read, report, outcome, uploaded_by,
       uploaded_at_ms, checked_at_ms, applied_by, applied_at_ms, undone_by, undone_at_ms, content IS NOT NULL AS kept
FROM import_file
WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(before)s = '' OR import_id < %(before)s)
ORDER BY import_id DESC
LIMIT %(limit)s;

-- name: same_file
SELECT import_id, file_name, applied_by, applied_at_ms FROM import_file
WHERE sha256 = %(sha256)s AND kind = %(kind)s AND state = 'applied' AND import_id <> %(but)s
ORDER BY import_id DESC
LIMIT 1;

-- name: claim
UPDATE import_file SET state = 'checking', check_id = %(check_id)s, beat_ms = %(now_ms)s, lines_read = 0
WHERE import_id = %(import_id)s AND content IS NOT NULL
  AND (state = 'waiting' OR (state = 'checking' AND beat_ms < %(lost_before_ms)s))
RETURNING content;

-- name: beat
UPDATE import_file SET beat_ms = %(now_ms)s, lines_read = %(lines_read)s
WHERE import_id = %(import_id)s AND check_id = %(check_id)s AND state = 'checking';

-- name: save_check
UPDATE import_file SET state = %(state)s, report = %(report)s, plan = %(plan)s, lines_read = %(lines_read)s,
       checked_at_ms = %(now_ms)s
WHERE import_id = %(import_id)s AND check_id = %(check_id)s AND state = 'checking'
RETURNING import_id;

-- name: clear_problems
DELETE FROM import_problem WHERE import_id = %(import_id)s;

-- name: add_problems
INSERT INTO import_problem (import_id, n, line_no, column_name, severity, problem, remedy)
SELECT %(import_id)s, n, line_no, column_name, severity, problem, remedy
FROM unnest(%(lines)s::integer[], %(columns)s::text[], %(severities)s::text[], %(problems)s::text[], %(remedies)s::text[])
     WITH ORDINALITY AS rows (line_no, column_name, severity, problem, remedy, n);

-- name: problems
SELECT n, line_no, column_name, severity, problem, remedy FROM import_problem
WHERE import_id = %(import_id)s AND n > %(after)s ORDER BY n LIMIT %(limit)s;

-- name: remove
DELETE FROM import_file WHERE import_id = %(import_id)s AND content IS NOT NULL;

-- name: begin_again
UPDATE import_file SET state = 'waiting', choices = %(choices)s, report = '', plan = NULL, lines_read = 0, checked_at_ms = NULL
WHERE import_id = %(import_id)s;

-- name: plan_of
SELECT plan FROM import_file WHERE import_id = %(import_id)s;

-- name: mark_applied
UPDATE import_file SET state = 'applied', outcome = %(outcome)s, applied_by = %(person)s, applied_at_ms = %(now_ms)s,
       content = NULL, plan = NULL
WHERE import_id = %(import_id)s;

-- name: mark_undone
UPDATE import_file SET state = 'undone', undone_by = %(person)s, undone_at_ms = %(now_ms)s WHERE import_id = %(import_id)s;
