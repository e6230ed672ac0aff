"""The learned logic."""
