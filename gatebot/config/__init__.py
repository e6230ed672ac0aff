"""`gatebot.yml` as two values: the Rules (read from the base branch) and the Recipe (read from the trained commit)."""
