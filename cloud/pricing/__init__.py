"""Price books with revisions that only grow, their law and their log; published by zone and by store."""
