"""Customer displays at a till: two lines of twenty columns. Both roles."""
