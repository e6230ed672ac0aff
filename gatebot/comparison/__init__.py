"""The input of the judge: the Case, and the Comparison, in which base and head are aligned by row."""
