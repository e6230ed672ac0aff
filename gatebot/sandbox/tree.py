"""Measures the current resource usage of a process tree, read from /proc."""

import os
import signal
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gatebot.sandbox.leftovers import SHARED_MEMORY

KIB = 1024
BLOCK = 512


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its threads, and its start in clock ticks since boot, which with the process id identifies it."""

    threads: int
    started: int


@dataclass(frozen=True, slots=True)
class Resident:
    """Memory in bytes: private and file pages, and pages shared between processes."""

    own: int
    shared: int


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Bytes in open files that have no name any more: on the scratch's disk, and in memory."""

    disk: int
    memory: int


def members(root: int) -> dict[int, Process]:
    """Return the descendants of `root` by process id."""
    children: dict[int, list[tuple[int, Process]]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - ten times a second: plain strings are cheap
        if entry.isdigit() and (fields := _stat(int(entry))):
            process = Process(int(fields[17]), int(fields[19]))
            children.setdefault(int(fields[1]), []).append((int(entry), process))
    found: dict[int, Process] = {}
    queue = [root]
    while queue:
        below = children.get(queue.pop(), [])
        found.update(below)
        queue += [pid for pid, _ in below]
    return found


def end(processes: Mapping[int, Process]) -> None:
    """Send SIGKILL to the processes whose ids have not been reused."""
    for pid, process in processes.items():
        fields = _stat(pid)
        if fields and int(fields[19]) == process.started:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def oom_kills() -> int:
    """Return how many processes the kernel has killed since boot because memory ran out."""
    lines = Path("/proc/vmstat").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def resident(pids: Iterable[int]) -> Resident:
    """Return the resident memory of processes. Pages shared after a fork are counted once per process."""
    own = shared = 0
    for pid in pids:
        usage = _fields(pid, "status")
        own += usage.get("RssAnon", 0) + usage.get("RssFile", 0)
        shared += usage.get("RssShmem", 0)
    return Resident(own, shared)


def proportional(pids: Iterable[int]) -> Resident:
    """Return the resident memory with every page counted once: exact, but slow for large processes."""
    own = shared = 0
    for pid in pids:
        usage = _fields(pid, "smaps_rollup")
        if "Pss" in usage:
            shmem = usage.get("Pss_Shmem", 0)
            own += usage["Pss"] - shmem
            shared += shmem
        else:
            part = resident([pid])
            own, shared = own + part.own, shared + part.shared
    return Resident(own, shared)


def unlinked(pids: Iterable[int], disk: int) -> Unlinked:
    """Return the size of open files without a name. `disk` is the device number of the scratch.

    Such files (deleted files, memfd) are in no directory, so a directory walk does not find them.
    """
    sizes: dict[tuple[int, int], int] = {}
    for pid in pids:
        directory = Path(f"/proc/{pid}/fd")
        try:
            for entry in directory.iterdir():
                status = entry.stat()
                if not status.st_nlink and stat.S_ISREG(status.st_mode):
                    sizes[status.st_dev, status.st_ino] = status.st_blocks * BLOCK
        except OSError:
            continue  # the process ended, or closed the file, during the check
    on_disk = sum(size for (device, _), size in sizes.items() if device == disk)
    return Unlinked(on_disk, sum(sizes.values()) - on_disk)


def shared_memory_of(uid: int) -> int:
    """Return the size of the files of `uid` under /dev/shm, which may be mapped by no process."""
    total = 0
    for directory, _, files in os.walk(SHARED_MEMORY):
        for name in files:
            try:
                status = os.lstat(f"{directory}/{name}")
            except FileNotFoundError:
                continue
            total += status.st_blocks * BLOCK if status.st_uid == uid else 0
    return total


def _stat(pid: int) -> list[bytes]:
    """Return the fields of /proc/PID/stat after the name (state, parent, ...); empty if the process has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _fields(pid: int, file: str) -> dict[str, int]:
    """Return the sizes in /proc/PID/FILE, converted from kB to bytes."""
    try:
        with open(f"/proc/{pid}/{file}", "rb") as lines:  # noqa: PTH123
            text = lines.read().decode()
    except OSError:
        return {}
    parts = (line.split() for line in text.splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): int(size) * KIB for name, size, _ in parts}
