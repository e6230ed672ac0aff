"""Selects the log lines that may be stored: the last ones, without secrets, terminal codes and library frames."""

import re
from pathlib import Path

from gatebot.core.redact import Redactor
from gatebot.core.tracebacks import folded

LONGEST_LINE = 1000
_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")


def last_lines(log: str, count: int, redactor: Redactor, root: Path | None = None) -> tuple[str, ...]:
    """Return the last `count` lines as a terminal would show them, with secrets masked.

    Paths below `root`, the copy of the repository, become relative to it. Frames of libraries are folded first, so that
    they do not push the user's own frames out.
    """
    shown = [_CODES.sub("", line.rsplit("\r", 1)[-1]) for line in log.rstrip().replace("\r\n", "\n").split("\n")]
    text = redactor.mask("\n".join(shown))  # mask after joining: a removed code may have split a secret
    text = text if root is None else text.replace(f"{root}/", "")
    lines = folded(text.split("\n"))
    kept = lines[-count:] if count and any(lines) else ()
    return tuple(line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in kept)
