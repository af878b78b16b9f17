"""The tables `[[devices]]` may hold: one struct per kind, one module per family. Structs and rules, no drivers."""
