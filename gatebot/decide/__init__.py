"""Decides: what to collect next, what each check says, and what follows from that. Pure functions of values."""
