"""Stock at HQ: on-hand as a balance and a tail (docs/adr/0003), and the moves that made it. Read only for people."""
