"""Price campaigns: prices wanted together, checked, approved by a second person, published ring by ring, watched, recalled.

    draft -> checked -> awaiting_approval -> approved -> scheduled -> running -> complete
                  \\______________________________________^              every one of the last three -> recalled

Above pricing, imports and releases, whose use cases it calls. A ring smaller than the chain gives its stores prices of their
own, which win over the zone's; the last ring gives every zone its price and takes those of the stores back, so that no store
ever shows the old price in between. Nothing here decides what a label shows: the stores do, and say so.
"""
