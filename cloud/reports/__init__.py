"""Reports: questions about what stores reported, each a module with its SQL and one line in `registry.py`.

API, CSV and console page follow from the registry; docs/adding-a-report.md shows the steps.
"""
