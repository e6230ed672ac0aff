"""What the judge is given: a Case, and base and head aligned by row."""
