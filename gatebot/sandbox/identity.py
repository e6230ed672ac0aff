"""User ids for runs at level full: one each, so that ending one run cannot touch another, and locked by files."""

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

STATE = Path("/run/gatebot")  # root's, gone after a restart, and one for all gatebots of a machine
LAUNCHER = Path(__file__).with_name("launcher.py")
BUSY = b"busy"


@dataclass(frozen=True, slots=True)
class Identity:
    """A uid that is this run's alone.

    Attributes:
        uid: of the user code; its gid is the same number.
        killer: real uid of the process that ends the run: a uid under which nothing else runs.
    """

    uid: int

    @property
    def killer(self) -> int:
        """One killer for each uid."""
        return self.uid + len(SANDBOX_UIDS)


@contextmanager
def own_identity() -> Iterator[Identity]:
    """Hold a free uid of the range for as long as the block lasts.

    A lock file that still says "busy" was left by a gatebot that was killed: what it left running is ended.
    Processes under a uid that no gatebot left belong to somebody else, and that uid is passed over.

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
    """End all processes of a sandbox uid and remove the files that they left in places shared by all.

    Only for uids of `SANDBOX_UIDS` whose lock the caller holds.

    Raises:
        MachineError: processes are still there after a second of trying.
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
    """Process ids under this uid, zombies left out (they are only waiting to be counted)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid and not _is_zombie(entry):
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended while we looked
    return found


def state(name: str) -> Path:
    """A directory of gatebot's own under `STATE`.

    Raises:
        MachineError: it cannot be made, or it is not root's alone.
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
