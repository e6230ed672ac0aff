"""Determines the run context from git and GitHub events: the commit to judge, the Rules, and the base."""
