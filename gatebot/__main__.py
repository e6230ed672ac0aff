"""`python -m gatebot`."""

from gatebot.cli.main import entry

entry()
