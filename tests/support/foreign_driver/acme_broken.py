"""A package that cannot be imported."""

raise RuntimeError("it needs a library nobody has")
