"""Reads, identifies, splits and profiles data, and writes it for user code. Runs no user code."""
