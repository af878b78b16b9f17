-- The feeds a store follows, said once for every query; and two new ones: prices of one store, and what labels look like.
--
-- `cloud/stores/domain.py` says the same to the publisher; a test compares them.
CREATE FUNCTION hq_feeds_of(store_id text, zone text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['global/catalogue', 'global/label-templates', 'zone/' || zone || '/price', 'store/' || store_id || '/price',
                 'store/' || store_id || '/setup', 'store/' || store_id || '/staff', 'store/' || store_id || '/opening-stock'];

INSERT INTO feed (feed_id, epoch, state_hash)
SELECT feed_id, (SELECT feed_epoch FROM hq_state), repeat('0', 64)
FROM (SELECT 'global/label-templates' AS feed_id UNION ALL SELECT 'store/' || store_id || '/price' FROM store) missing
ON CONFLICT (feed_id) DO NOTHING;
