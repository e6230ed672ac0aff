"""Programs of the system's that read what a pull request chose: as its owner, without network, and without writing."""

import json
import os
import stat
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from gatebot.core import processes
from gatebot.sandbox import landlock, seccomp
from gatebot.sandbox.identity import LAUNCHER
from gatebot.sandbox.isolation import Isolation, Reach, probe


def run_confined(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    of: Path,
    stdin: bytes = b"",
    timeout_s: float,
    network: bool = False,
    writable: Sequence[Path] = (),
) -> "subprocess.CompletedProcess[bytes]":
    """Run a program to its end, with as few rights as this machine can take from it, and no secret in reach.

    Where there is seccomp, it opens no sockets unless `network`, and gains no privileges; where there is Landlock, it
    writes nothing but `writable`, and looks into no other process. Where gatebot is root, the program is whoever owns
    what it reads, and where that is root, it is root without capabilities. Elsewhere it is a plain process.

    Args:
        argv: an absolute program and its arguments.
        env: the whole environment.
        of: what it reads.
        stdin: what it is told.
        timeout_s: after so many seconds it is killed.
        network: it speaks to others, or starts programs that do.
        writable: files and folders that it may write.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it took longer; it is dead by then.
    """
    reach = _reach()
    if reach.level is Isolation.NONE:
        return processes.run(argv, env=env, stdin=stdin, timeout_s=timeout_s)
    order, order_end = os.pipe()
    try:
        with os.fdopen(order_end, "wb") as pipe:
            rules = None if network else _rules(reach, writable)  # who speaks to others writes where nobody knows
            facts = {
                "argv": list(argv),
                "env": dict(env),
                "cwd": processes.FOLDER,
                "report": 2,
                "limits": {"RLIMIT_CORE": 0},
                "access": [],
                "landlock": rules,
                "filter": seccomp.program(network=network).hex(),
                **_owner(of),
            }
            pipe.write(json.dumps(facts).encode())
        with processes.own_script(LAUNCHER, "-S") as (launcher, script):
            return processes.run(
                (*launcher, str(order)), env={}, stdin=stdin, timeout_s=timeout_s, descriptors=[script, order]
            )
    finally:
        os.close(order)


@cache
def _reach() -> Reach:
    return probe()


def _rules(reach: Reach, writable: Sequence[Path]) -> dict[str, object] | None:
    """Everything may be read, and nothing else written. Without more, Landlock also hides other processes' memory."""
    if not reach.landlock:
        return None
    written = [Path(os.devnull), *writable]
    granted = landlock.rules(reach.landlock, readable=[Path("/")], writable=written, network=False)
    return {"ruleset": landlock.ruleset(reach.landlock, network=False).hex(), "rules": granted}


def _owner(of: Path) -> dict[str, object]:
    """Whose rights it has: those of the owner of what it reads, where that can be reached by others than root."""
    status = of.stat()
    if os.geteuid() != 0:
        return {"uids": []}
    if status.st_uid == 0:
        return {"uids": [], "capabilities": False}
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in of.resolve().parents):
        return {"uids": [status.st_uid], "gid": status.st_gid}
    return {"uids": []}
