"""The store's own stock: balances by item and place, changed only by moves."""
