"""The chain's shape: one organisation, its regions, every store in one region. A person may be scoped to regions."""
