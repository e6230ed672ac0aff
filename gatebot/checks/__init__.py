"""The catalogue: one file a check, each a pure function of a Comparison."""
