"""The staff screens: phone and tablet pages in a process of their own, over the box's API and nothing else of it."""
