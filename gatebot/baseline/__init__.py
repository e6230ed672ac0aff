"""Stores of baselines, which are Snapshots of main, and the test whether a stored one fits the current run."""
