"""The sections of `gatebot.yml`, one file each: every key, its type, its default and its side.

A class whose name ends in `Rules` holds keys that are read from the base branch; one whose name ends in `Recipe` holds
keys that are read from the commit under test. A section of the file inherits from both, so a key has exactly one side.
"""
