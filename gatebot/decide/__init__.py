"""Pure functions that plan what to collect next, run the checks, and turn their results into a Report."""
