"""The judge: a pure function from a Case to a Report."""
