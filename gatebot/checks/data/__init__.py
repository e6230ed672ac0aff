"""The fuel."""
