"""Markdowns stores propose for batches near their date: accepted as a price of the store, or declined."""
