"""Monitors the limits of one running process tree."""

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gatebot.sandbox import disk, leftovers, tree
from gatebot.sandbox.command import Ended, Limits
from gatebot.sandbox.identity import reap_leftovers

SHARE = 20  # monitoring takes at most one part in this many of the time
SOONEST, LATEST = 0.05, 0.5  # seconds between two checks
WALK_EVERY = 0.5


@dataclass(slots=True)
class LimitMonitor:
    """Checks the process tree below one process in intervals.

    Attributes:
        limits: the limits of the tree.
        writable: the paths whose growth is measured; the first is the scratch.
        uid: the run's own uid, or None below level full.
        peak: the largest resident memory that was measured, in bytes.
    """

    limits: Limits
    writable: tuple[Path, ...]
    uid: int | None
    peak: int = 0
    _root: int = 0
    _seen: dict[int, tree.Process] = field(default_factory=dict)
    _before: int = 0
    _device: int = 0
    _oom_kills: int = 0
    _next_look: float = 0.0
    _next_walk: float = 0.0
    _walk: Iterator[int] | None = None
    _unlinked: tree.Unlinked = field(default_factory=lambda: tree.Unlinked(0, 0))
    _deadline: float = 0.0

    def __post_init__(self) -> None:
        self._device = self.writable[0].stat().st_dev
        self._before = disk.whole(self._places())

    def begin(self, root: int) -> None:
        """Start the time limit. `root` is the process id of the launcher, whose descendants are monitored."""
        self._root = root
        self._oom_kills = tree.oom_kills()
        self._deadline = time.monotonic() + self.limits.seconds

    @property
    def pause(self) -> float:
        """The seconds until the next check."""
        return min(max(0.0, min(self._next_look, self._deadline) - time.monotonic()), LATEST)

    def look(self) -> Ended | None:
        """Return why the run must end now, or None."""
        now = time.monotonic()
        if now >= self._deadline:
            return Ended.TIMEOUT
        if now < self._next_look:
            return None
        pids = self._seen = tree.members(self._root)
        ended = self._processes(pids) or self._disk(pids) or self._memory(pids)
        cost = time.monotonic() - now
        self._next_look = now + cost + min(max(SOONEST, SHARE * cost), LATEST)
        return ended

    def end_survivors(self) -> None:
        """End the processes that a dead launcher left behind: by uid, or those that were seen last."""
        if self.uid is not None:
            reap_leftovers(self.uid)
        else:
            tree.end(self._seen)

    def ended_by_itself(self, number: int | None) -> Ended:
        """Return why a run ended that this monitor did not end: the run or the kernel can be faster.

        Args:
            number: the signal that ended it, or None.
        """
        if number == signal.SIGXFSZ or disk.whole(self._places()) - self._before >= self.limits.disk_bytes:
            return Ended.DISK
        if number == signal.SIGKILL and tree.oom_kills() > self._oom_kills:
            return Ended.MEMORY
        return Ended.EXITED

    def _processes(self, pids: dict[int, tree.Process]) -> Ended | None:
        return Ended.PROCESSES if sum(process.threads for process in pids.values()) >= self.limits.processes else None

    def _memory(self, pids: dict[int, tree.Process]) -> Ended | None:
        held = self._unlinked.memory + (tree.shared_memory_of(self.uid) if self.uid is not None else 0)
        resident = tree.resident(pids)
        used = resident.own + max(resident.shared, held)
        if used > self.limits.memory_bytes:
            resident = tree.proportional(pids)
            used = resident.own + max(resident.shared, held)
        self.peak = max(self.peak, used)
        return Ended.MEMORY if used > self.limits.memory_bytes else None

    def _disk(self, pids: dict[int, tree.Process]) -> Ended | None:
        """Do one step of the walk; unlinked files are measured when a walk begins."""
        if self._walk is None:
            if time.monotonic() < self._next_walk:
                return None
            self._unlinked = tree.unlinked(pids, self._device)
            self._walk = disk.size(self._places())
        total = next(self._walk, None)
        if total is None:
            self._walk, self._next_walk = None, time.monotonic() + WALK_EVERY
            return None
        added = total - self._before + self._unlinked.disk
        return Ended.DISK if added >= self.limits.disk_bytes else None

    def _places(self) -> tuple[Path, ...]:
        """Return the writable paths, and what the run's uid has put in directories open to all."""
        if self.uid is None:
            return self.writable
        return (*self.writable, *leftovers.of(self.uid, leftovers.OPEN_TO_ALL[1:]))
