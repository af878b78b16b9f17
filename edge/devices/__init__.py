"""The store's devices: drivers under supervision, their events routed to those who decide, their states for people."""
