"""Changes of several feeds that stores take up together, and how far each has come."""
