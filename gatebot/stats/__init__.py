"""Pure functions on numpy arrays: intervals, decisions, and what evidence of a given size can see."""
