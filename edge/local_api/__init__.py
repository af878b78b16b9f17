"""The box's door for screens: HTTP and WebSocket on the store's own network, described by OpenAPI."""
