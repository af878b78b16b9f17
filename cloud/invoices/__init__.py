"""Invoices for receipts: asked for once, issued by another program, taken back by red letters when goods come back."""
