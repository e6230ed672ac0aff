"""Runs inside the user's interpreter. Uses only Python 3.8, its standard library and the modules of this folder."""
