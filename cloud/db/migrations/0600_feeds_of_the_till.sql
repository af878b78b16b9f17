-- Two feeds more: a zone's promotions, and the members who shop in a store.
--
-- `cloud/stores/domain.py` says the same to the publisher; a test compares them.
CREATE OR REPLACE FUNCTION hq_feeds_of(store_id text, zone text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['global/catalogue', 'global/label-templates', 'zone/' || zone || '/price', 'store/' || store_id || '/price',
                 'zone/' || zone || '/promotion', 'store/' || store_id || '/member',
                 'store/' || store_id || '/setup', 'store/' || store_id || '/staff', 'store/' || store_id || '/opening-stock'];

INSERT INTO feed (feed_id, epoch, state_hash)
SELECT feed_id, (SELECT feed_epoch FROM hq_state), repeat('0', 64)
FROM (
    SELECT 'zone/' || zone || '/promotion' AS feed_id FROM zone
    UNION ALL
    SELECT 'store/' || store_id || '/member' FROM store
) missing
ON CONFLICT (feed_id) DO NOTHING;
