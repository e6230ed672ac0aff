"""How a run of user code ended, and what it used."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gatebot.evidence.flaws import negative
from gatebot.evidence.missing_path import MissingPath

MAX_LOG_LINES = 2000  # twice the maximum of `privacy.log_tail`, which leaves room for lines of gatebot


class Ending(StrEnum):
    """How a run of user code ended."""

    OK = "ok"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    PROCESSES = "processes"
    NO_OUTPUT = "no_output"


@dataclass(frozen=True, slots=True)
class Effects:
    """How a run of user code ended, and what it used. Times are in seconds.

    `missing` is the path that a failed run asked for in vain, as far as its log tells.
    """

    ended: Ending
    exit_code: int | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_bytes: int = 0
    log_tail: tuple[str, ...] = ()
    missing: MissingPath | None = None

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from negative("times", [self.seconds, self.cpu_seconds, self.peak_rss_bytes])
        if len(self.log_tail) > MAX_LOG_LINES:
            yield f"a log has more than {MAX_LOG_LINES:,} lines"
        if self.missing is not None:
            yield from self.missing.flaws()
