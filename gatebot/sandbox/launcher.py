"""The process between gatebot and user code: drops rights, starts the command, and ends all of its processes.

Run as `python -I -B -S launcher.py` with an order (JSON, see `launch.py`) on its standard input and an empty
environment. For a program that leaves no processes behind (`confined.py`), the order comes from a file descriptor whose
number is the argument. It needs only the standard library.

A separate process is used because changing rights between fork and exec inside gatebot would run Python in a forked
copy of a threaded process. It also outlives gatebot: if gatebot is killed, the kernel signals this process, which ends
the tree and then itself. At level full it keeps gatebot's uid, so user code can neither signal nor inspect it.
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

TYPE_CHECKING = False  # `typing` and `pathlib` would double the start-up time
if TYPE_CHECKING:
    from typing import Any

    Order = dict[str, Any]

PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_SECCOMP, PR_SET_SECUREBITS = 1, 15, 22, 28
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
NO_ROOT = 0b11  # SECBIT_NOROOT and its lock: programs of root start without capabilities
PLAIN_NAME = b"python3"
SECCOMP_MODE_FILTER = 2
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_RULE_PATH_BENEATH = 1
CANNOT_EXECUTE = 126

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Carry out one order."""
    if sys.argv[0].startswith("/dev/fd/"):
        os.close(int(sys.argv[0].rpartition("/")[2]))  # this script: the command must not inherit it
    take_plain_name()
    if len(sys.argv) > 1:  # for one program, which replaces this process and keeps its stdin and stdout
        with os.fdopen(int(sys.argv[1]), "rb") as source:
            become(json.load(source))
    order: Order = json.load(sys.stdin.buffer)
    if "reap" in order:
        end_all(order["reap"])
        return
    report = order["report"]
    os.set_inheritable(report, False)  # closed on exec, so that user code cannot write a report
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
        return  # gatebot ended before PR_SET_PDEATHSIG was set
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
    """Show as `python3` in process lists, because user code can read them and must not learn what started it.

    The kernel reads a process's arguments from the process's own memory, so it is enough to overwrite them there.
    """
    fields = content("/proc/self/stat").rpartition(b")")[2].split()
    start, end = int(fields[45]), int(fields[46])  # arg_start and arg_end; zero if not readable
    if 0 < start < end:
        name = PLAIN_NAME[: end - start - 1]
        ctypes.memset(start, 0, end - start)
        ctypes.memmove(start, name, len(name))
    libc.prctl(PR_SET_NAME, PLAIN_NAME, 0, 0, 0)


def become(order: "Order") -> None:
    """Turn the child process into the command. Never returns."""
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
            libc.prctl(PR_SET_SECUREBITS, NO_ROOT, 0, 0, 0)  # failing without CAP_SETPCAP is harmless
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
    """Reap child processes until no descendant is left, and kill everything that outlives the command.

    Orphans become children of this process because it is their subreaper, even if they forked or changed session.
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
    """Send SIGKILL to all processes of the run.

    If the run has its own uid, one system call reaches all of its processes, even while they fork. The calling process
    has the run's uid only as its effective uid. Its real and saved uid is the killer uid, so the run cannot signal it
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
    """Send SIGKILL; ignore processes that have ended or that belong to another user by now."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def descendants(root: int) -> list[tuple[int, int]]:
    """Return the process ids and process groups of all descendants of `root`."""
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
    """Open a Landlock ruleset with its rules. Done before rights are dropped: paths may be unreachable afterwards."""
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
    """Install a seccomp filter for this process and its descendants."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    holder = ctypes.create_string_buffer(header, len(header))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_void_p(ctypes.addressof(holder)), 0, 0))


def lower_limits(limits: dict[str, int]) -> None:
    """Set the soft and hard value of each rlimit; never above the current hard limit, which would need a capability."""
    for name, wanted in limits.items():
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (value, value))


def restore_signals() -> None:
    """Restore the signal handlers that Python and the launcher changed."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def make_first_victim() -> None:
    """Make the kernel kill the run, not gatebot, if the machine runs out of memory."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return  # read-only /proc: memory is still polled


def require_access(path: str) -> None:
    """Raise an error for the first directory on a path that is not accessible, so that the user knows what to open."""
    folder = "/"
    for name in path.strip("/").split("/"):
        if not os.access(folder, os.X_OK):
            raise PermissionError(13, "not open to the sandbox user", folder)
        folder = os.path.join(folder, name)
    if not os.access(path, os.R_OK):
        raise PermissionError(13, "not readable for the sandbox user", path)


def content(path: str) -> bytes:
    """Return the bytes of a kernel file."""
    with open(path, "rb") as file:
        return file.read()


def silence() -> None:
    """Close the log's descriptors, because the log would otherwise never end."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def say(report: int, **facts: object) -> None:
    """Send one line of JSON to gatebot."""
    os.write(report, json.dumps(facts).encode() + b"\n")


def check(result: int) -> int:
    """Return the result of a C call, or raise its errno as an exception."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    main()
