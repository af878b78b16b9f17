"""Feeds as stores take them: heads and deltas published on MQTT, ranges and snapshots pulled over HTTPS.

A feed changes through `cloud/db/feed_changes.py` only; here it is read.
"""
