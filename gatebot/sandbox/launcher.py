"""The process between gatebot and user code: gives up rights, starts the command, and leaves nothing behind.

Run as `python -I -B -S launcher.py` with an order (JSON, see `order.py`) on its standard input and an empty
environment, or, for one program that starts nothing which stays (`confined.py`), with the number of a descriptor that
has the order. Needs nothing but the standard library. It exists because changing rights between fork and exec inside
gatebot would run Python in a forked copy of a threaded process. It also outlives gatebot: when gatebot dies, the
kernel tells this process, which ends the tree before it ends itself. At level full it keeps gatebot's uid, so user
code can neither signal nor read it.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import sys
import time
import warnings  # noqa: F401 - `os.execvpe` imports it, when its file can no longer be read

TYPE_CHECKING = False  # `typing` and `pathlib` would be half of the time that a start takes
if TYPE_CHECKING:
    from typing import Any

    Order = dict[str, Any]

PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_SECCOMP, PR_SET_SECUREBITS = 1, 15, 22, 28
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
NO_ROOT = 0b11  # SECBIT_NOROOT and its lock: root's programs start without capabilities
PLAIN_NAME = b"python3"
SECCOMP_MODE_FILTER = 2
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_RULE_PATH_BENEATH = 1
CANNOT_EXECUTE = 126

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Carry one order out."""
    if sys.argv[0].startswith("/dev/fd/"):
        os.close(int(sys.argv[0].rpartition("/")[2]))  # this very file: the command is not to inherit it
    take_plain_name()
    if len(sys.argv) > 1:  # an order for one program alone, which keeps this process, its standard input and output
        with os.fdopen(int(sys.argv[1]), "rb") as source:
            become(json.load(source))
    order: Order = json.load(sys.stdin.buffer)
    if "reap" in order:
        end_all(order["reap"])
        return
    report = order["report"]
    os.set_inheritable(report, False)  # closed by exec: user code cannot write a report
    child = 0
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        if child:
            end_all(order["uids"])

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0))
    check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    if os.getppid() != order["gatebot"]:
        return  # it died before the line above
    started = time.monotonic()
    child = os.fork()
    if not child:
        become(order)
    silence()
    if stopping:
        stop()
    status = wait_for_all(child, order["uids"])
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    say(
        report,
        status=status,
        seconds=time.monotonic() - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_rss_bytes=usage.ru_maxrss * 1024,
    )


def take_plain_name() -> None:
    """Show as `python3` in lists of processes, which user code can read as well: it is not to learn who started it.

    The kernel reads a process's arguments from its own memory, so overwriting them there is enough.
    """
    fields = content("/proc/self/stat").rpartition(b")")[2].split()
    start, end = int(fields[45]), int(fields[46])  # arg_start and arg_end; zero where they may not be known
    if 0 < start < end:
        name = PLAIN_NAME[: end - start - 1]
        ctypes.memset(start, 0, end - start)
        ctypes.memmove(start, name, len(name))
    libc.prctl(PR_SET_NAME, PLAIN_NAME, 0, 0, 0)


def become(order: "Order") -> None:
    """In the child: turn into the command. Never returns."""
    stage = "prepare"
    try:
        os.setsid()
        restore_signals()
        make_first_victim()
        os.umask(0o022)
        ruleset = open_ruleset(order["landlock"]) if order["landlock"] else None
        lower_limits(order["limits"])
        stage = "identity"
        if order["uids"]:
            uid = order["uids"][0]
            gid = order.get("gid", uid)
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
        if not order.get("capabilities", True):
            libc.prctl(PR_SET_SECUREBITS, NO_ROOT, 0, 0, 0)  # fails without CAP_SETPCAP, which is as good
        check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
        stage = "access"
        for path in order["access"]:
            require_access(path)
        os.chdir(order["cwd"])
        stage = "confine"
        if ruleset is not None or order["filter"]:
            check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        if ruleset is not None:
            check(libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0))
            os.close(ruleset)
        if order["filter"]:
            install_filter(bytes.fromhex(order["filter"]))
        stage = "exec"
        os.execvpe(order["argv"][0], order["argv"], order["env"])  # noqa: S606
    except (OSError, ValueError) as error:
        say(
            order["report"],
            failed=stage,
            errno=getattr(error, "errno", None) or 0,
            message=getattr(error, "strerror", None) or str(error),
            path=str(getattr(error, "filename", None) or ""),
        )
    finally:
        os._exit(CANNOT_EXECUTE)


def wait_for_all(child: int, uids: list[int]) -> int:
    """Reap until no descendant is left; everything that survives the command itself is killed.

    Orphans come here because this process is their subreaper, however often they forked or changed session.
    """
    status, running = 0, True
    while True:
        try:
            pid, ended = os.waitpid(-1, 0 if running else os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == child:
            status, running = ended, False
        elif not pid:
            end_all(uids)
            time.sleep(0.005)


def end_all(uids: list[int]) -> None:
    """Send SIGKILL to all that belongs to the run.

    With an own uid one system call reaches everything, even while it forks. The caller of that one carries
    the run's uid as its effective uid only; its real and saved uid are nobody's, so the run cannot signal it
    first.
    """
    mine = descendants(os.getpid())
    for group in {group for _, group in mine} - {0, os.getpgrp()}:
        kill(-group)
    for pid, _ in mine:
        kill(pid)
    if uids:
        uid, killer = uids
        pid = os.fork()
        if not pid:
            try:
                os.setgroups([])
                os.setresuid(killer, uid, killer)
                kill(-1)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)


def kill(pid: int) -> None:
    """SIGKILL; what is already gone, or belongs to somebody else by now, is left alone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def descendants(root: int) -> list[tuple[int, int]]:
    """Process ids and process groups of all that descends from `root`."""
    children: dict[int, list[tuple[int, int]]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = content(f"/proc/{entry}/stat").rpartition(b")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append((int(entry), int(fields[2])))
    found: list[tuple[int, int]] = []
    queue = [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += [pid for pid, _ in below]
    return found


def open_ruleset(order: "Order") -> int:
    """A Landlock ruleset with its rules, before rights are given up: the paths may not be reachable after."""
    attributes = bytes.fromhex(order["ruleset"])
    ruleset = check(libc.syscall(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0))
    for path, rights in order["rules"]:
        at = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", rights, at)
        check(libc.syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, rule, 0))
        os.close(at)
    os.set_inheritable(ruleset, False)
    return ruleset


def install_filter(program: bytes) -> None:
    """Install a seccomp filter for this process and all that come from it."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    holder = ctypes.create_string_buffer(header, len(header))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_void_p(ctypes.addressof(holder)), 0, 0))


def lower_limits(limits: dict[str, int]) -> None:
    """Set both halves of each rlimit; never above what the machine gave, which would need a capability."""
    for name, wanted in limits.items():
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (value, value))


def restore_signals() -> None:
    """Give back what Python changed for itself and what the launcher set."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def make_first_victim() -> None:
    """When memory of the machine runs out, the kernel should take the run, not the gate."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return  # read-only /proc: memory is polled all the same


def require_access(path: str) -> None:
    """Raise with the first directory that is closed, so that the user learns what to open."""
    folder = "/"
    for name in path.strip("/").split("/"):
        if not os.access(folder, os.X_OK):
            raise PermissionError(13, "not open to the sandbox user", folder)
        folder = os.path.join(folder, name)
    if not os.access(path, os.R_OK):
        raise PermissionError(13, "not readable for the sandbox user", path)


def content(path: str) -> bytes:
    """The bytes of a file of the kernel's."""
    with open(path, "rb") as file:
        return file.read()


def silence() -> None:
    """Let go of the log, which would otherwise never end."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def say(report: int, **facts: object) -> None:
    """One line of JSON to gatebot."""
    os.write(report, json.dumps(facts).encode() + b"\n")


def check(result: int) -> int:
    """The result of a C call, or its errno as an exception."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    main()
