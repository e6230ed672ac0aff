"""Selects the log lines that may be stored: the last ones, without secrets and terminal codes."""

import re

from gatebot.core.redact import Redactor

LONGEST_LINE = 1000
_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")


def last_lines(log: str, count: int, redactor: Redactor) -> tuple[str, ...]:
    """Return the last `count` lines as a terminal would show them, with secrets masked."""
    shown = [_CODES.sub("", line.rsplit("\r", 1)[-1]) for line in log.rstrip().replace("\r\n", "\n").split("\n")]
    lines = redactor.mask("\n".join(shown)).split("\n")  # mask after joining: a removed code may have split a secret
    lines = [line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in lines]
    return tuple(lines[-count:]) if count and any(lines) else ()
