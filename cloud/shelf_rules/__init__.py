"""How stores keep their stock: rules and minima of the chain, its regions and stores, and plans of smart shelves."""
