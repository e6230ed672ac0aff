"""Examines a repository that does not use gatebot yet, and proposes a configuration. Runs none of its code."""
