-- name: list_templates
SELECT t.template_id, t.purpose, v.version, v.name, v.saved_at_ms, v.saved_by
FROM label_template t
CROSS JOIN LATERAL (
    SELECT version, name, saved_at_ms, saved_by FROM label_template_version WHERE template_id = t.template_id
    ORDER BY version DESC LIMIT 1
) v
ORDER BY t.purpose, t.template_id;

-- name: get_template
SELECT t.template_id, t.purpose, v.version, v.name, v.saved_at_ms, v.saved_by
FROM label_template t JOIN label_template_version v USING (template_id)
WHERE t.template_id = %(template_id)s
ORDER BY v.version DESC LIMIT 1;

-- name: lock_template
SELECT purpose FROM label_template WHERE template_id = %(template_id)s FOR UPDATE;

-- name: count_templates
SELECT count(*) FROM label_template;

-- name: add_template
INSERT INTO label_template (template_id, purpose, added_at_ms) VALUES (%(template_id)s, %(purpose)s, %(now_ms)s);

-- name: remove_template
DELETE FROM label_template WHERE template_id = %(template_id)s;

-- name: was_published
SELECT 1 FROM label_template_publication WHERE template_id = %(template_id)s LIMIT 1;

-- name: list_versions
SELECT version, name, note, saved_at_ms, saved_by FROM label_template_version
WHERE template_id = %(template_id)s AND (%(before)s = 0 OR version < %(before)s)
ORDER BY version DESC
LIMIT %(limit)s;

-- name: get_version
SELECT template_id, version, name, body, note, saved_at_ms, saved_by FROM label_template_version
WHERE template_id = %(template_id)s AND version = %(version)s;

-- name: newest_version
SELECT template_id, version, name, body, note, saved_at_ms, saved_by FROM label_template_version
WHERE template_id = %(template_id)s
ORDER BY version DESC LIMIT 1;

-- name: add_version
INSERT INTO label_template_version (template_id, version, name, body, note, saved_at_ms, saved_by)
VALUES (%(template_id)s, %(version)s, %(name)s, %(body)s, %(note)s, %(saved_at_ms)s, %(saved_by)s);

-- name: lock_placements
LOCK TABLE label_template_placement IN SHARE ROW EXCLUSIVE MODE;

-- name: placements
SELECT template_id, version, published_ms, stores FROM label_template_placement
WHERE purpose = %(purpose)s ORDER BY published_ms;

-- name: clear_placements
DELETE FROM label_template_placement WHERE purpose = %(purpose)s;

-- name: add_placement
INSERT INTO label_template_placement (template_id, version, published_ms, purpose, stores)
VALUES (%(template_id)s, %(version)s, %(published_ms)s, %(purpose)s, %(stores)s);

-- name: list_placed
-- The stores of this query are those within scope.
SELECT p.purpose, p.template_id, p.version, p.published_ms,
       ARRAY(SELECT s.store_id FROM store s WHERE s.store_id = ANY (p.stores) ORDER BY s.store_id) AS stores,
       cardinality(p.stores) AS store_count
FROM label_template_placement p
ORDER BY p.purpose, p.published_ms DESC;

-- name: unknown_stores
SELECT w.store_id FROM unnest(%(stores)s::text[]) w (store_id) LEFT JOIN store s USING (store_id)
WHERE s.store_id IS NULL ORDER BY w.store_id;

-- name: last_publication
SELECT publication, purpose, template_id, version, stores, published_ms, published_by, reason, rollback_of, feed_version
FROM label_template_publication
WHERE %(purpose)s::text IS NULL OR purpose = %(purpose)s
ORDER BY publication DESC LIMIT 1;

-- name: get_publication
SELECT publication, purpose, template_id, version, stores, published_ms, published_by, reason, rollback_of, feed_version
FROM label_template_publication WHERE publication = %(publication)s;

-- name: held_before
SELECT before FROM label_template_publication WHERE publication = %(publication)s;

-- name: add_publication
INSERT INTO label_template_publication (publication, purpose, template_id, version, stores, published_ms, published_by,
                                        reason, rollback_of, feed_version, before)
VALUES (%(publication)s, %(purpose)s, %(template_id)s, %(version)s, %(stores)s, %(published_ms)s, %(published_by)s,
        %(reason)s, %(rollback_of)s, %(feed_version)s, %(before)s::jsonb);

-- name: list_publications
SELECT p.publication, p.purpose, p.template_id, p.version,
       ARRAY(SELECT s.store_id FROM store s WHERE s.store_id = ANY (p.stores) ORDER BY s.store_id) AS stores,
       cardinality(p.stores) AS store_count, p.published_ms, p.published_by, p.reason, p.rollback_of,
       EXISTS (SELECT 1 FROM label_template_publication r WHERE r.rollback_of = p.publication) AS rolled_back,
       p.feed_version, c.concerned_count, c.applied_count
FROM label_template_publication p
CROSS JOIN LATERAL (
    SELECT count(*) AS concerned_count,
           count(*) FILTER (WHERE a.epoch = f.epoch AND a.version >= p.feed_version) AS applied_count
    FROM store s
    LEFT JOIN feed f ON f.feed_id = 'global/label-templates'
    LEFT JOIN store_feed a ON a.store_id = s.store_id AND a.feed_id = f.feed_id
    WHERE p.stores = '{}' OR s.store_id = ANY (p.stores)
) c
WHERE %(before)s = 0 OR p.publication < %(before)s
ORDER BY p.publication DESC
LIMIT %(limit)s;

-- name: panels
SELECT hardware_type FROM label_panel ORDER BY hardware_type;

-- name: clear_panels
DELETE FROM label_panel;

-- name: add_panels
INSERT INTO label_panel (hardware_type) SELECT DISTINCT unnest(%(hardware_types)s::integer[]);
