"""What a run is asked for (`Command`, `Limits`) and what came of it (`Completed`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from gatebot.sandbox.isolation import Isolation

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may take. What goes over is ended, never slowed down.

    Attributes:
        seconds: wall clock.
        memory_bytes: resident memory of the whole process tree, shared memory included. Polled, so a tree
            may be over it for about a tenth of a second.
        processes: processes and threads of the tree.
        disk_bytes: what the run may add to its scratch and its other writable paths (polled), and the
            largest single file (RLIMIT_FSIZE).
        open_files: per process; lowered to what the machine allows.
        log_bytes: how much of the end of the output is kept.
    """

    seconds: float = 600.0
    memory_bytes: int = 4 * GIB
    processes: int = 4096
    disk_bytes: int = 10 * GIB
    open_files: int = 4096
    log_bytes: int = 256 * KIB


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the user's, and all that it may touch.

    Attributes:
        argv: program and arguments; never a shell. A bare name is looked up on the PATH of `env`.
        scratch: an existing directory, lent to the run: the one place that it may write. At level full it
            belongs to the sandbox uid while the run lasts.
        env: the environment, on top of the defaults of `environment.defaults` and nothing else.
        cwd: where the command starts; the scratch by default.
        readable: files and directories that it may read and execute besides the system's.
        writable: further files, directories or devices that it may write.
        hidden: what it must not see but for what is granted in it. May not lie inside `readable`, `writable` or the
            scratch at a level below full.
        denied: what it must not see whatever is granted; as `hidden` otherwise.
        network: whether INET sockets may be opened.
        isolation: the least level that is accepted.
        limits: what it may take.
    """

    argv: tuple[str, ...]
    scratch: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    denied: tuple[Path, ...] = ()
    network: bool = False
    isolation: Isolation = Isolation.FULL
    limits: Limits = field(default_factory=Limits)

    @property
    def granted(self) -> tuple[Path, ...]:
        """All paths beyond the system's that the command reaches, resolved."""
        return tuple(path.resolve() for path in (self.scratch, *self.readable, *self.writable))


class Ended(StrEnum):
    """Why a run ended. Everything but `exited` is gatebot's doing, or the kernel's for want of memory."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    PROCESSES = "processes"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Completed:
    """What came of a run.

    Attributes:
        ended: why it ended.
        exit_code: of the command itself; None when a signal ended it. 127 and 126: it could not be started,
            as in a shell.
        signal: the number of the signal that ended it, or None.
        seconds: wall clock, from start of the command to the last process of its tree.
        cpu_seconds: user and system time of the whole tree.
        peak_rss_bytes: largest resident memory of the tree that was seen.
        log_tail: the end of stdout and stderr, in one stream; bytes that are not UTF-8 are replaced.
        log_bytes: length of all output, kept or not.
        isolation: the level at which it ran.
    """

    ended: Ended
    exit_code: int | None
    signal: int | None
    seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    log_tail: str
    log_bytes: int
    isolation: Isolation

    @property
    def ok(self) -> bool:
        """Whether the command ended by itself and says that it succeeded."""
        return self.ended is Ended.EXITED and self.exit_code == 0
