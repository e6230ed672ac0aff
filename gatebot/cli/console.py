"""Prints errors with their hints, in colour on a terminal."""

import os
import sys
from typing import TextIO

from gatebot.core.redact import redacted
from gatebot.errors import GateError

_RED, _BOLD, _DIM, _END = "\033[31m", "\033[1m", "\033[2m", "\033[0m"


def colourful(stream: TextIO) -> bool:
    """Return whether a stream should be coloured (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def explain(error: GateError) -> None:
    """Print an error and its hint; in GitHub Actions also as an annotation."""
    red, dim, end = (_RED + _BOLD, _DIM, _END) if colourful(sys.stderr) else ("", "", "")
    print(f"{red}error:{end} {printable(redacted(error.message))}", file=sys.stderr)
    if error.hint:
        print(f"{dim} hint:{end} {printable(redacted(error.hint))}", file=sys.stderr)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from gatebot.github.outputs import Level, command

        print(command(Level.ERROR, redacted(str(error)), title="gatebot"))


def printable(text: str) -> str:
    """Return a text without control characters and workflow commands. Runners trim lines before they look for `::`."""
    kept = "".join(char if char == "\n" or char.isprintable() else "�" for char in text)
    lines = (f"·{line}" if line.lstrip().startswith("::") else line for line in kept.split("\n"))
    return "\n".join(lines).replace("##[", "## [")
