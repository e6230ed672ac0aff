"""What a hostile training script would try. Run inside the sandbox; stdlib only, so that it also runs in a container.

`hostile.py attempts FACTS` prints one JSON object, attempt -> "blocked: why" or "succeeded"; FACTS is JSON from
scenario.py and names what to go for. The other modes take the machine's goods until they are stopped.
"""

import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

MIB = 1024 * 1024
libc = ctypes.CDLL(None, use_errno=True)
SYSCALLS = {
    "x86_64": {"process_vm_readv": 310, "shmget": 29, "unshare": 272, "mq_open": 240, "keyctl": 250, "bpf": 321},
    "aarch64": {"process_vm_readv": 270, "shmget": 194, "unshare": 97, "mq_open": 180, "keyctl": 219, "bpf": 280},
}[os.uname().machine] | {"io_uring_setup": 425, "clone3": 435, "pidfd_getfd": 438}
CLONE_NEWUSER = 0x10000000


class BlockedError(Exception):
    """The attempt came to nothing without an error of the system."""


def check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def require(success: object, why: str) -> None:
    if not success:
        raise BlockedError(why)


def foreign() -> list[int]:
    """Processes outside this run: all that do not have our session's run among their ancestors."""
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid()
    ]


def first_success(attempt: Callable[[int], object]) -> None:
    """Try it on every other process; fails with the last failure if none succeeds."""
    last: Exception = BlockedError("no other process is seen")
    for pid in foreign():
        try:
            attempt(pid)
        except (OSError, BlockedError) as error:
            last = error
        else:
            return
    raise last


def read_environ(pid: int, secret: str) -> None:
    require(secret.encode() in Path(f"/proc/{pid}/environ").read_bytes(), "no secret in it")


def open_memory(pid: int) -> None:
    os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY))


def open_descriptors(pid: int) -> None:
    """Through /proc, which opens the file anew whatever its path."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        os.close(os.open(entry, os.O_RDONLY | os.O_NONBLOCK))
        return
    raise BlockedError("none")


def read_memory(pid: int) -> None:
    """process_vm_readv of anything at all."""
    local = ctypes.create_string_buffer(8)
    vectors = (ctypes.c_ulong * 2)(ctypes.addressof(local), 8)
    remote = (ctypes.c_ulong * 2)(0x400000, 8)
    check(libc.syscall(SYSCALLS["process_vm_readv"], pid, vectors, 1, remote, 1, 0))


def connect(family: int, address: object, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as client:
        client.settimeout(2)
        client.connect(address)  # type: ignore[arg-type]


def write_outside(directories: list[str]) -> None:
    last: OSError = FileNotFoundError()
    for directory in directories:
        try:
            Path(directory, "hostile-was-here").write_text("x")
        except OSError as error:
            last = error
        else:
            return
    raise last


def find_inherited() -> None:
    """Anything open beyond stdin, stdout and stderr; the listing itself is gone by the time it is looked at."""
    entries = [entry for entry in Path("/proc/self/fd").iterdir() if int(entry.name) > 2]
    require([entry for entry in entries if entry.exists()], "none")


def new_namespace_by_clone() -> None:
    number = 56 if os.uname().machine == "x86_64" else 220
    pid = libc.syscall(number, CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    check(pid)


def attempts(facts: dict[str, object]) -> dict[str, str]:
    secret, gate = str(facts["secret"]), int(str(facts["gate"]))
    tries: dict[str, Callable[[], object]] = {
        "read token from own environment": lambda: require(secret in str(dict(os.environ)), "not in it"),
        "read token from another environment": lambda: first_success(lambda pid: read_environ(pid, secret)),
        "open memory of another process": lambda: first_success(open_memory),
        "read memory of the gate": lambda: read_memory(gate),
        "read memory of the parent": lambda: read_memory(os.getppid()),
        "open a descriptor of another process": lambda: first_success(open_descriptors),
        "use an inherited descriptor": find_inherited,
        "signal the gate": lambda: os.kill(gate, signal.SIGCONT),
        "signal the parent": lambda: os.kill(os.getppid(), signal.SIGCONT),
        "ptrace the gate": lambda: check(libc.ptrace(0x4206, gate, 0, 0)),
        "ptrace the parent": lambda: check(libc.ptrace(0x4206, os.getppid(), 0, 0)),
        "become root": lambda: os.setuid(0),
        "become root's group": lambda: os.setgid(0),
        "gain privileges by exec": lambda: require(
            "NoNewPrivs:\t1" not in Path("/proc/self/status").read_text(), "set"
        ),
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
        "open an INET socket": lambda: connect(socket.AF_INET, ("127.0.0.1", facts["port"])),
        "open an INET6 socket": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
        "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
        "open a packet socket": lambda: socket.socket(17, socket.SOCK_RAW),
        "open a netlink socket": lambda: socket.socket(16, socket.SOCK_RAW, 0),
        "open a vsock": lambda: socket.socket(40, socket.SOCK_STREAM),
        "open a kernel crypto socket": lambda: socket.socket(38, socket.SOCK_SEQPACKET),
        "resolve a name": lambda: socket.getaddrinfo("example.org", 443),
        "use io_uring": lambda: check(libc.syscall(SYSCALLS["io_uring_setup"], 1, ctypes.create_string_buffer(120))),
        "use bpf": lambda: check(libc.syscall(SYSCALLS["bpf"], 0, ctypes.create_string_buffer(72), 72)),
        "use a keyring": lambda: check(libc.syscall(SYSCALLS["keyctl"], 0, -3, 1)),
        "take a descriptor of another process": lambda: check(libc.syscall(SYSCALLS["pidfd_getfd"], 0, 0, 0)),
        "leave SysV shared memory": lambda: check(libc.syscall(SYSCALLS["shmget"], 0, 4096, 0o1600)),
        "leave a message queue": lambda: check(
            libc.syscall(SYSCALLS["mq_open"], b"hostile", os.O_CREAT | os.O_RDWR, 0o600, 0)
        ),
        "make a user namespace": lambda: check(libc.syscall(SYSCALLS["unshare"], CLONE_NEWUSER)),
        "make a user namespace by clone": new_namespace_by_clone,
        "mount": lambda: check(libc.mount(b"none", b"/mnt", b"tmpfs", 0, 0)),
        "change root": lambda: os.chroot("/"),
        "open the terminal": lambda: os.open("/dev/tty", os.O_RDWR),
        "write outside the scratch": lambda: write_outside([str(p) for p in facts["outside"]]),  # type: ignore[attr-defined]
        "read shadow": lambda: Path("/etc/shadow").read_bytes(),
        "talk to the docker socket": lambda: connect(socket.AF_UNIX, facts["docker"]),
        "talk to an abstract socket": lambda: connect(socket.AF_UNIX, "\0" + str(facts["abstract"])),
    }
    for name, path in dict(facts["files"]).items():  # type: ignore[call-overload]
        tries[f"read {name}"] = lambda path=path: require(secret in Path(path).read_text(), "another content")  # type: ignore[misc]
    return {name: outcome(attempt) for name, attempt in tries.items()}


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, ValueError, BlockedError) as error:
        return f"blocked: {type(error).__name__} {error}"
    return "succeeded"


def daemon() -> None:
    """Double fork into new sessions, closing everything; the command itself ends well."""
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.setsid()
                os.closerange(0, 100)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(600)
            os._exit(0)
    print("left")


def memory() -> None:
    """Several children, each well below the limit."""
    for _ in range(8):
        if os.fork() == 0:
            hoard = bytearray(64 * MIB)
            hoard[:: mmap.PAGESIZE] = b"x" * len(hoard[:: mmap.PAGESIZE])
            time.sleep(600)
    time.sleep(600)


def memfd() -> None:
    """Memory that nobody has mapped."""
    held = [os.memfd_create(f"m{n}") for n in range(8)]
    for descriptor in held:
        os.write(descriptor, bytes(64 * MIB))
    time.sleep(600)


def shared_memory() -> None:
    for n in range(8):
        Path(f"/dev/shm/hostile-{os.getpid()}-{n}").write_bytes(bytes(64 * MIB))
    time.sleep(600)


def disk() -> None:
    n = 0
    while True:
        Path(f"fill-{n}").write_bytes(bytes(MIB))
        n += 1


def disk_unlinked() -> None:
    """Files that have no name."""
    for _ in range(512):
        descriptor = os.open("gone", os.O_CREAT | os.O_WRONLY)
        Path("gone").unlink()
        os.write(descriptor, bytes(MIB))
    time.sleep(600)


def disk_one_file() -> None:
    """Python ignores SIGXFSZ and sees EFBIG."""
    with Path("big").open("wb") as file:
        while True:
            file.write(bytes(MIB))


def disk_many_files() -> None:
    n = 0
    while True:
        Path(f"empty-{n}").touch()
        n += 1


def fork_bomb() -> None:
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)


def threads() -> None:
    import threading

    while True:
        try:
            threading.Thread(target=time.sleep, args=(600,)).start()
        except RuntimeError:
            time.sleep(1)


def kill_everybody() -> None:
    """Leave children that kill all they may, over and over, so as to hit whoever comes to end them."""
    for _ in range(2):
        if os.fork() == 0:
            os.setsid()
            while True:
                try:
                    os.kill(-1, signal.SIGTERM)
                except OSError:
                    continue
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(0.2)


def flood() -> None:
    chunk = bytes(range(256)) * 4096
    for _ in range(1024):
        os.write(1, chunk)


def closed_directories() -> None:
    """Things that are awkward to take back."""
    Path("deep").mkdir()
    Path("deep/file").write_text("x")
    Path("deep/file").chmod(0)
    Path("deep").chmod(0)
    Path("link").symlink_to("/etc/shadow")
    os.mkfifo("pipe")


def too_deep() -> None:
    """A directory that no path can name."""
    for _ in range(3000):
        Path("nested").mkdir()
        os.chdir("nested")


MODES = {
    f.__name__: f
    for f in (
        daemon,
        memory,
        memfd,
        shared_memory,
        disk,
        disk_unlinked,
        disk_one_file,
        disk_many_files,
        fork_bomb,
        threads,
        kill_everybody,
        flood,
        closed_directories,
        too_deep,
    )
}

if __name__ == "__main__":
    if sys.argv[1] == "attempts":
        print(json.dumps(attempts(json.loads(sys.argv[2]))))
    else:
        MODES[sys.argv[1]]()
