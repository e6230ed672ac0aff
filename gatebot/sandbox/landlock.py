"""Landlock rules as data: the paths that a run may read and write. The launcher applies them."""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET = 444
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEV = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the rights that apply to non-directories
OLDEST = 2  # version 1 forbids renames between directories, which breaks ordinary programs

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/etc", "/nix/store", "/proc", "/sys")
SYSTEM_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/shm")  # noqa: S108
NETWORK_FILES = ("/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager")  # possible targets of resolv.conf

Rule = tuple[str, int]


def version() -> tuple[int, str]:
    """Return the usable ABI version (0 if none), and the reason if there is none."""
    libc = ctypes.CDLL(None, use_errno=True)
    abi: int = libc.syscall(CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return 0, f"no Landlock in this kernel ({os.strerror(ctypes.get_errno())})"
    if abi < OLDEST:
        return 0, f"Landlock of this kernel is too old (version {abi}, {OLDEST} is needed)"
    return abi, ""


def ruleset(abi: int, *, network: bool) -> bytes:
    """Return the attribute structure for `landlock_create_ruleset`: the accesses that need a rule."""
    scoped = 0b11 if abi >= 6 else 0  # abstract UNIX sockets and signals work only inside of the run
    tcp = 0b11 if abi >= 4 and not network else 0
    fields = (_all_rights(abi), tcp, scoped)
    known = 3 if abi >= 6 else 2 if abi >= 4 else 1
    return struct.pack(f"={known}Q", *fields[:known])


def rules(abi: int, *, readable: Iterable[Path], writable: Iterable[Path], network: bool) -> list[Rule]:
    """Return rules as paths with rights. System paths that do not exist are left out."""
    everything = _all_rights(abi)
    read = [*(Path(p) for p in SYSTEM), *((Path(p) for p in NETWORK_FILES) if network else ())]
    write = [Path(p) for p in SYSTEM_DEVICES]
    wanted = [(path, READ) for path in (*(p for p in read if p.exists()), *readable)]
    wanted += [(path, everything) for path in (*(p for p in write if p.exists()), *writable)]
    return [(str(path), rights if path.is_dir() else rights & FILE) for path, rights in wanted]


def covers(paths: Iterable[Path], path: Path) -> bool:
    """Return whether one of the paths, or a system path, is `path` or contains it."""
    system = [Path(p).resolve() for p in (*SYSTEM, *SYSTEM_DEVICES)]
    return any(path.is_relative_to(grant) for grant in (*paths, *system))


def _all_rights(abi: int) -> int:
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)
    return (1 << bits) - 1
