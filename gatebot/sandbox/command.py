"""The input of a run (`Command`, `Limits`) and its result (`Completed`)."""

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
    """The resource limits of one run. A run that exceeds a limit is ended, not slowed down.

    Attributes:
        seconds: wall-clock time.
        memory_bytes: resident memory of the whole process tree, including shared memory. It is polled, so a tree may
            exceed it for about a tenth of a second.
        processes: the number of processes and threads in the tree.
        disk_bytes: how much the run may add to its scratch and its other writable paths (polled), and the size of the
            largest single file (RLIMIT_FSIZE).
        open_files: open files per process; lowered to what the machine allows.
        log_bytes: how many bytes at the end of the output are kept.
    """

    seconds: float = 600.0
    memory_bytes: int = 4 * GIB
    processes: int = 4096
    disk_bytes: int = 10 * GIB
    open_files: int = 4096
    log_bytes: int = 256 * KIB


@dataclass(frozen=True, slots=True)
class Command:
    """One user command, and everything that it may access.

    Attributes:
        argv: the program and its arguments; never a shell. A bare name is looked up on the PATH of `env`.
        scratch: an existing directory, the only place that the run may write to by default. At level full, it belongs
            to the sandbox uid during the run.
        env: environment variables, in addition to `environment.defaults`. Nothing else is passed on.
        cwd: the directory in which the command starts; the scratch by default.
        readable: files and directories that it may read and execute, in addition to the system's.
        writable: further files, directories or devices that it may write to.
        hidden: paths that it must not see, except what is granted inside of them. Below level full, they must not lie
            inside `readable`, `writable` or the scratch.
        denied: paths that it must not see even if granted; otherwise like `hidden`.
        network: whether it may open INET sockets.
        isolation: the lowest level that is accepted.
        limits: the resource limits.
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
        """All paths, besides the system's, that the command can access, resolved."""
        return tuple(path.resolve() for path in (self.scratch, *self.readable, *self.writable))


class Ended(StrEnum):
    """Why a run ended. In all cases except `exited`, gatebot or the kernel (out of memory) ended it."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    PROCESSES = "processes"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Completed:
    """The result of a run.

    Attributes:
        ended: why it ended.
        exit_code: the exit code of the command; None if a signal ended it. As in a shell, 127 and 126 mean that it
            could not be started.
        signal: the number of the signal that ended it, or None.
        seconds: wall-clock time, from the start of the command to the end of the last process in its tree.
        cpu_seconds: user and system time of the whole tree.
        peak_rss_bytes: the largest resident memory of the tree that was measured.
        log_tail: the end of stdout and stderr as one stream; bytes that are not UTF-8 are replaced.
        log_bytes: the length of the whole output, kept or not.
        isolation: the level at which the command ran.
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
        """Whether the command ended by itself with exit code 0."""
        return self.ended is Ended.EXITED and self.exit_code == 0
