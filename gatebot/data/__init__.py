"""Data as evidence: read, identified, split, profiled and handed on, without running a line of user code."""
