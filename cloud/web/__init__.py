"""What every HTTP route of the people API shares: who asks, problems, cursors, repeated writes."""
