"""A fake label cloud in the shape of AIMS."""
