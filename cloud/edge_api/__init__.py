"""The edge API: HTTPS for stores, with mutual TLS. The twin of every MQTT message, and the pulls of feeds.

A store's certificate (CN = store id) opens its own path and the feeds it follows, nothing else.
"""
