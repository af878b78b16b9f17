"""The box's two SQLite files: one writer thread each, readers, migrations, the journal and its second medium."""
