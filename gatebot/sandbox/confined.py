"""Runs system programs on data of a pull request: as the data's owner, without network and without write access."""

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
    """Run a program until it ends, with as few rights as this machine can enforce and without access to secrets.

    With seccomp, the program cannot open sockets (unless `network`) or gain privileges. With Landlock, it can write
    only to `writable` and cannot inspect other processes. If gatebot is root, the program runs as the owner of what it
    reads; if that is root, it runs without capabilities. Without these features, it is a plain process.

    Args:
        argv: the absolute path of a program, and its arguments.
        env: the whole environment.
        of: the path that it reads.
        stdin: its standard input.
        timeout_s: the number of seconds after which it is killed.
        network: whether it uses the network, or starts programs that do.
        writable: files and folders that it may write to.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it took longer, and was killed.
    """
    reach = _reach()
    if reach.level is Isolation.NONE:
        return processes.run(argv, env=env, stdin=stdin, timeout_s=timeout_s)
    order, order_end = os.pipe()
    try:
        with os.fdopen(order_end, "wb") as pipe:
            rules = None if network else _rules(reach, writable)  # their write paths are unknown
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
    """Allow reading everything and writing only the given paths. Landlock also protects other processes."""
    if not reach.landlock:
        return None
    written = [Path(os.devnull), *writable]
    granted = landlock.rules(reach.landlock, readable=[Path("/")], writable=written, network=False)
    return {"ruleset": landlock.ruleset(reach.landlock, network=False).hex(), "rules": granted}


def _owner(of: Path) -> dict[str, object]:
    """Return the uid and gid of the owner of what is read, if users other than root can reach it."""
    status = of.stat()
    if os.geteuid() != 0:
        return {"uids": []}
    if status.st_uid == 0:
        return {"uids": [], "capabilities": False}
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in of.resolve().parents):
        return {"uids": [status.st_uid], "gid": status.st_gid}
    return {"uids": []}
