"""What shelf labels look like: templates in versions, checked before they go to stores, given to some or all, taken back."""
