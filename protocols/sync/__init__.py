"""The store-HQ session, without I/O, both roles (docs/protocol.md).

Shared: topics · messages · packing · batch · chain · feed_hash · delta · snapshot · limits
Store:  store_role (StoreSession) · effects · store_state · old_card (import of a dead box's journal)
HQ:     hq_hello (who may speak) · hq_role (batches, reports, acks) · hq_record (what to keep) · presence (births, wills)
"""
