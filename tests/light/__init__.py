"""Many real stores in one process against a real headquarters: `python -m tests.light --help`."""
