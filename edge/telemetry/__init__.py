"""What the box measures of itself: samples once a minute into the bulk stream, and the Prometheus endpoint."""
