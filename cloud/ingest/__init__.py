"""Ingest: what stores send becomes rows of HQ, each fact once, in store order.

    MQTT or HTTPS -> inbox (bounded) -> opened (proved, projected to row texts) -> one transaction for many stores -> replies

Why a fact is never projected twice. Within (store, incarnation, stream) the cursor admits each sequence once: it is locked,
moved and committed together with the rows. The same event can come in another incarnation too (facts moved by a `Rechain`,
an old card): the tables' primary keys are (store, sale id | move id | event id), so a second copy meets a row that is there.
Ingest looks those keys up whenever a store has had more than one incarnation, and leaves such facts out whole (lines and
tenders follow their sale); should a key collide all the same, the transaction is done again with every key looked up. A fact
with a known key but another event id is not the same fact: it goes to quarantine.
"""
