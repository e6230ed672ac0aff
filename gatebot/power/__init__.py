"""Computes the smallest effect that a baseline's evidence can detect, and how more rows or seeds would reduce it."""
