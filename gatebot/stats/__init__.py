"""Pure functions on numpy arrays: intervals, decisions, and the effects that evidence of a given size can detect."""
