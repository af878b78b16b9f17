"""Tills as HQ sees them: shifts, payments held against the acquirer's file, and a day as an auditor wants it."""
