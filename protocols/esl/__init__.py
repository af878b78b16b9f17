"""Electronic shelf labels: the OpenEPaperLink access point, both roles, and the images its tags take."""
