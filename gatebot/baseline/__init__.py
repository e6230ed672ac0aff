"""Where main's Snapshots are kept: the stores, and whether a stored one fits what is judged now."""
