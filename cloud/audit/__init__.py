"""Who changed what at headquarters: one row a change, written in the change's own transaction and never touched again.

How a route writes its row: `cloud/web/access.py` (`Asking.change`) and `cloud/web/once.py` (`write`). The use case they run
answers with `Done(answer, Entry(...))`, so a route that forgets the entry does not pass the type checker, and one that
writes elsewhere is stopped by the database: `Asking.read` gives a transaction that refuses writes.
"""
