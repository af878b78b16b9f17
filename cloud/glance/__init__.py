"""The whole chain at a glance: every store with what is wrong with it, the worst first, put in order by the database."""
