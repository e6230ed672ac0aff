"""Assigns each run at level full its own user id, locked by a file, so that runs cannot affect each other."""

import fcntl
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatebot.core import processes
from gatebot.errors import MachineError
from gatebot.sandbox import leftovers
from gatebot.sandbox.isolation import SANDBOX_UIDS

STATE = Path("/run/gatebot")  # owned by root, deleted at a restart, and shared by all gatebot processes of a machine
LAUNCHER = Path(__file__).with_name("launcher.py")
BUSY = b"busy"


@dataclass(frozen=True, slots=True)
class Identity:
    """A uid that is used by one run only.

    Attributes:
        uid: the uid of user code; its gid is the same number.
        killer: the real uid of the process that ends the run; nothing else runs under it.
    """

    uid: int

    @property
    def killer(self) -> int:
        """The killer uid that belongs to this uid."""
        return self.uid + len(SANDBOX_UIDS)


@contextmanager
def own_identity() -> Iterator[Identity]:
    """Reserve a free uid while the block runs.

    A lock file that contains "busy" was left by a gatebot process that was killed; the processes that it left running
    are ended. A uid with processes that gatebot did not start is used by another program, and is skipped.

    Raises:
        MachineError: no uid is free, or the state directory cannot be used.
    """
    for uid in SANDBOX_UIDS:
        lock = _try_lock(state("locks") / str(uid))
        if lock is None:
            continue
        try:
            if os.pread(lock, len(BUSY), 0) == BUSY:
                reap_leftovers(uid)
            if _is_somebodys(uid):
                continue
            os.pwrite(lock, BUSY, 0)
            try:
                yield Identity(uid)
            finally:
                if not processes_of(uid):
                    leftovers.remove_of(uid)
                    os.ftruncate(lock, 0)
            return
        finally:
            os.close(lock)
    raise MachineError(
        f"No uid for the sandbox is free: {SANDBOX_UIDS[0]} to {SANDBOX_UIDS[-1]} are all in use.",
        "Start fewer trainings at once, or end the processes that run under these uids.",
    )


def reap_leftovers(uid: int) -> None:
    """End all processes of a sandbox uid, and remove the files that they left in shared directories.

    The uid must be in `SANDBOX_UIDS`, and the caller must hold its lock.

    Raises:
        MachineError: processes are still running after a second.
        ValueError: `uid` is not a sandbox uid.
    """
    if uid not in SANDBOX_UIDS:
        raise ValueError(f"{uid} is not a uid of the sandbox")
    order = json.dumps({"reap": [uid, Identity(uid).killer]}).encode()
    for _ in range(20):
        if not processes_of(uid):
            leftovers.remove_of(uid)
            return
        with processes.own_script(LAUNCHER, "-S") as (argv, script):
            processes.run(argv, env={}, stdin=order, timeout_s=30, descriptors=[script]).check_returncode()
    raise MachineError(f"Processes of an earlier run cannot be ended: {processes_of(uid)} (uid {uid}).")


def processes_of(uid: int) -> list[int]:
    """Return the ids of processes under a uid, except zombies, which only wait to be reaped."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid and not _is_zombie(entry):
                    found.append(int(entry.name))
            except OSError:
                continue  # the process ended during the check
    return found


def state(name: str) -> Path:
    """Return a directory for gatebot's own state under `STATE`.

    Raises:
        MachineError: it cannot be made, or other users can access it.
    """
    path = STATE / name
    try:
        STATE.mkdir(mode=0o700, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        status = STATE.lstat()
    except OSError as error:
        raise MachineError(
            f"{path} cannot be made: {error.strerror}.", "Full isolation keeps its locks there."
        ) from error
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise MachineError(f"{STATE} belongs to somebody else or is open to others.", "Remove it.")
    return path


def _try_lock(path: Path) -> int | None:
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise MachineError(f"{path} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _is_somebodys(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return bool(processes_of(uid) or processes_of(Identity(uid).killer))
    return True


def _is_zombie(process: Path) -> bool:
    return (process / "stat").read_bytes().rpartition(b")")[2].split()[0] in {b"Z", b"X"}
