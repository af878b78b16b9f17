-- name: add
INSERT INTO epcis_event (store_id, event_id, recorded_ms, event_ms, event_type, action, biz_step, disposition, read_point,
                         biz_location, epcs, any_epcs, is_error, captured, body, context)
VALUES (%(store_id)s, %(event_id)s, %(recorded_ms)s, %(event_ms)s, %(event_type)s, %(action)s, %(biz_step)s, %(disposition)s,
        %(read_point)s, %(biz_location)s, %(epcs)s, %(any_epcs)s, %(is_error)s, %(captured)s, %(body)s, %(context)s)
ON CONFLICT DO NOTHING;

-- name: known
SELECT event_id FROM epcis_event WHERE event_id = ANY (%(event_ids)s) AND NOT is_error;

-- name: events
SELECT place, event_id, recorded_ms, body, context FROM epcis_event
WHERE place > %(after)s
  AND (%(types)s::text[] IS NULL OR event_type = ANY (%(types)s))
  AND (%(actions)s::text[] IS NULL OR action = ANY (%(actions)s))
  AND (%(steps)s::text[] IS NULL OR biz_step = ANY (%(steps)s))
  AND (%(dispositions)s::text[] IS NULL OR disposition = ANY (%(dispositions)s))
  AND (%(read_points)s::text[] IS NULL OR read_point = ANY (%(read_points)s))
  AND (%(locations)s::text[] IS NULL OR biz_location = ANY (%(locations)s))
  AND (%(event_ids)s::text[] IS NULL OR event_id = ANY (%(event_ids)s))
  AND (%(from_ms)s::bigint IS NULL OR event_ms >= %(from_ms)s)
  AND (%(before_ms)s::bigint IS NULL OR event_ms < %(before_ms)s)
  AND (%(recorded_from_ms)s::bigint IS NULL OR recorded_ms >= %(recorded_from_ms)s)
  AND (%(recorded_before_ms)s::bigint IS NULL OR recorded_ms < %(recorded_before_ms)s)
  AND (%(errors_only)s::boolean IS NOT TRUE OR is_error)
  AND (%(epcs)s::text[] IS NULL OR (any_epcs && %(epcs)s AND epcs && %(epcs)s))
  AND (%(any_epcs)s::text[] IS NULL OR any_epcs && %(any_epcs)s)
  AND (%(begins)s::text IS NULL OR EXISTS (SELECT 1 FROM unnest(epcs) e WHERE starts_with(e, %(begins)s)))
  AND (%(any_begins)s::text IS NULL OR EXISTS (SELECT 1 FROM unnest(any_epcs) e WHERE starts_with(e, %(any_begins)s)))
ORDER BY place
LIMIT %(limit)s;

-- name: names_of
-- The different values of a column in scope, the next ones after one.
SELECT DISTINCT {column} AS name FROM epcis_event WHERE {column} > %(after)s ORDER BY name LIMIT %(limit)s;

-- name: epc_names
SELECT DISTINCT e AS name FROM epcis_event, unnest(any_epcs) e WHERE e > %(after)s ORDER BY name LIMIT %(limit)s;

-- name: add_capture
INSERT INTO epcis_capture (capture_id, behaviour, created_ms, finished_ms, success, events, errors, added_by)
VALUES (%(capture_id)s, %(behaviour)s, %(created_ms)s, %(finished_ms)s, %(success)s, %(events)s, %(errors)s, %(person)s);

-- name: capture
SELECT capture_id, behaviour, created_ms, finished_ms, success, events, errors FROM epcis_capture
WHERE capture_id = %(capture_id)s;

-- name: captures
SELECT capture_id, behaviour, created_ms, finished_ms, success, events, errors FROM epcis_capture
WHERE capture_id < %(before)s ORDER BY capture_id DESC LIMIT %(limit)s;

-- name: put_query
INSERT INTO epcis_query (name, query, created_ms, added_by) VALUES (%(name)s, %(query)s, %(now_ms)s, %(person)s)
ON CONFLICT DO NOTHING RETURNING name;

-- name: query
SELECT name, query, created_ms FROM epcis_query WHERE name = %(name)s;

-- name: queries
SELECT name, query, created_ms FROM epcis_query ORDER BY name LIMIT 200;

-- name: remove_query
DELETE FROM epcis_query WHERE name = %(name)s RETURNING name;
