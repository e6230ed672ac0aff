"""The written logic."""
