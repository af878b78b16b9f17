"""The box's line to headquarters: MQTT and HTTPS shells around the session of `protocols/sync`."""
