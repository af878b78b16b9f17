"""Members and stored value as the box knows them without asking headquarters."""
