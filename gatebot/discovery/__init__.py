"""Looks at a repository that knows nothing of gatebot, and guesses how it is to be gated. Runs nothing of it."""
