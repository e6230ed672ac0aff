"""The isolation levels: what each level requires, and which level this process can provide on this machine.

| | full | partial | none |
|---|---|---|---|
| own uid (not 0, not 1001, nobody else's), no groups | required | - | - |
| `no_new_privs`: sudo and setuid programs give nothing | required | required | - |
| seccomp: no network sockets, ptrace, io_uring, namespaces, SysV shared memory | required | required | - |
| Landlock: reads what is granted, writes the scratch alone | where the kernel has it | where the kernel has it | - |
| `hidden` paths | Landlock, or else closed by mode 0700 for the run | Landlock, or else not hidden | not hidden |
| allow-listed environment, output cap, limits, death of the whole tree | yes | yes | yes |
| gatebot may hold a token | yes | no | no |

*full* needs root (or the six capabilities named below) to change the uid. It does not need Landlock: a process with
another uid and no groups cannot read gatebot's files, and `hidden` paths are closed to all but their owner during the
run. They are restored after the run, or by the next run if gatebot was killed. *partial* is what an unprivileged user
can provide. *none* is a plain process with limits.
"""

import ctypes
import errno
import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gatebot.errors import GateError
from gatebot.sandbox import landlock, seccomp

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
CAPABILITIES = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "KILL": 5, "SETGID": 6, "SETUID": 7}
SANDBOX_UIDS = range(10001, 10065)
DOCKER_SOCKETS = ("/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock")


class Isolation(StrEnum):
    """The degree to which user code is isolated from gatebot, in the order none < partial < full."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"

    @property
    def rank(self) -> int:
        """The position in the order, 0 for none."""
        return list(Isolation).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Isolation(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Isolation(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Isolation(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Isolation(other).rank


@dataclass(frozen=True, slots=True)
class Reach:
    """The isolation that this machine and process can provide.

    Attributes:
        level: the highest level that is available.
        landlock: Landlock's ABI version, 0 without Landlock.
        reasons: why the level is not higher, one phrase each; empty if nothing is missing.
    """

    level: Isolation
    landlock: int = 0
    reasons: tuple[str, ...] = ()

    def at(self, level: Isolation) -> "Reach":
        """Return the same machine, limited to `level`."""
        return Reach(level, self.landlock if level > Isolation.NONE else 0, self.reasons)


def probe() -> Reach:
    """Find the highest level that is available here, and why it is not higher."""
    if sys.platform != "linux":
        return Reach(Isolation.NONE, 0, (f"not Linux but {sys.platform}: no seccomp, no Landlock",))
    abi, landlock_reason = landlock.version()
    filters, identity = _why_no_filters(), _why_no_own_uid()
    reasons = [*identity, *filters, *([landlock_reason] if landlock_reason else [])]
    if filters:
        return Reach(Isolation.NONE, 0, tuple(reasons))
    if identity:
        reasons += [
            f"this user can write to {socket}, which is as good as root"
            for socket in DOCKER_SOCKETS
            if os.access(socket, os.W_OK)
        ]
        return Reach(Isolation.PARTIAL, abi, tuple(reasons))
    return Reach(Isolation.FULL, abi, tuple(reasons))


def reachable() -> Isolation:
    """Return the highest level that is available here."""
    return probe().level


def require(least: Isolation, reach: Reach) -> None:
    """Raise an error if the available level is too low.

    Raises:
        GateError: `reach` is below `least` (exit 5).
    """
    if reach.level >= least:
        return
    how = {
        Isolation.FULL: "Run gatebot as root in a container, as its action does; ",
        Isolation.PARTIAL: "Use a Linux kernel with seccomp filters on x86-64 or arm64; ",
        Isolation.NONE: "",
    }[least]
    raise GateError(
        f"Isolation {least} is required, but only {reach.level} can be reached here: {'; '.join(reach.reasons)}.",
        f"{how}or accept less with `smoke.isolation: {reach.level}`, in a job that holds no token.",
    )


def _why_no_filters() -> list[str]:
    if os.uname().machine not in seccomp.MACHINES:
        return [f"no seccomp filter for {os.uname().machine}: only {', '.join(seccomp.MACHINES)}"]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, None, 0, 0)  # NULL filter: EFAULT if filters are supported
    if ctypes.get_errno() != errno.EFAULT:
        return ["this kernel or container does not allow seccomp filters"]
    return []


def _why_no_own_uid() -> list[str]:
    if not Path("/proc/self/status").exists():
        return ["/proc is not mounted: cannot change uid"]
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    effective = int(status["CapEff"], 16)
    missing = [f"CAP_{name}" for name, bit in CAPABILITIES.items() if not effective >> bit & 1]
    if missing and os.geteuid():
        return ["not root: cannot change uid"]
    if missing:
        return [f"root without {', '.join(missing)}: cannot change uid"]
    mapped = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    if not any(int(first) <= SANDBOX_UIDS[0] < int(first) + int(count) for first, _, count in mapped):
        return [f"uid {SANDBOX_UIDS[0]} does not exist in this user namespace: cannot change uid"]
    return []
