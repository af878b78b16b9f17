"""Sales as stores reported them: lists in the order of arrival, one sale whole, counts, a live stream. Read only."""
