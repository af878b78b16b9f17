"""`make smoke`: real processes, real wires, kills in the middle, and the books compared at the end."""
