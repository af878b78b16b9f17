"""HQ's database: pool and scopes, named queries, migrations, and the one way to change a feed.

For subjects:
    async with database.transaction(Scope.everything()) as tx:      # or Scope.of_stores(["S001"])
        await tx.execute(Q["name"], {...})                          # Q = load_queries(__file__, "subject.sql")
        await put_row(tx, feed_id, row.key(), encode_row(row))
        version = await commit_feed(tx, feed_id, now_ms)

A subject's tables stand in a migration of its own number (`migrations/0100_people_and_goods.sql`), and every table ends with

    SELECT hq_protect('table', 'store');   -- has a store_id: rows of the stores in scope, read and write
    SELECT hq_protect('table', 'shared');  -- read under any scope, written only under Scope.everything(); COPY works
    SELECT hq_protect('table', 'chain');   -- read and written only under Scope.everything()
    SELECT hq_protect('table', 'open');    -- read and written under any scope (holds nothing of a store)
    SELECT hq_protect('table', 'feed');    -- has a feed_id: store/X/... as 'store', all others as 'shared'
    SELECT hq_protect('table', 'ingest');  -- the ingest role alone, no rows hidden from it; COPY works

which protects it (row-level security, forced on its owner too; for 'shared' a guarding trigger; for 'ingest' the grant
alone) and gives the application roles their rights. A test fails for a table without it. PostgreSQL refuses COPY ... FROM
into a table with row-level security: load those with INSERT ... SELECT FROM unnest(arrays).
"""
