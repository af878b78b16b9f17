"""Who works in which store; published as `store/{store}/staff`."""
