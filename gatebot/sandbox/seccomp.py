"""The seccomp filter as data: a BPF program that denies what training does not need. The launcher applies it."""

import errno
import os
import struct
from dataclasses import dataclass

LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, JUMP_IF_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST, THIRD = 0, 4, 16, 32  # offsets in struct seccomp_data, low half of the arguments
X32 = 0x40000000  # x86-64 only: system calls with this bit use a second table

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET


@dataclass(frozen=True, slots=True)
class Machine:
    """The system call numbers of one architecture."""

    audit: int
    denied: tuple[int, ...]
    clone: int
    socket: int
    second_table: bool


CLONE3 = 435
# pidfd_getfd, io_uring_{setup,enter,register}, process_madvise: the same on all architectures
_DENIED_EVERYWHERE = (438, 425, 426, 427, 440)
# ptrace, process_vm_readv, process_vm_writev, kcmp: access to the memory of other processes
# unshare, setns: a new user namespace exposes much of the kernel
# bpf, perf_event_open, userfaultfd, add_key, request_key, keyctl: kernel interfaces with many past vulnerabilities
# shmget, semget, msgget, mq_open: memory that outlives the process that made it
MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        denied=(101, 310, 311, 312, 272, 308, 321, 298, 323, 248, 249, 250, 29, 64, 68, 240, *_DENIED_EVERYWHERE),
        clone=56,
        socket=41,
        second_table=True,
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        denied=(117, 270, 271, 272, 97, 268, 280, 241, 282, 217, 218, 219, 194, 190, 186, 180, *_DENIED_EVERYWHERE),
        clone=220,
        socket=198,
        second_table=False,
    ),
}


def program(*, network: bool, machine: str | None = None) -> bytes:
    """Return the filter as an array of `struct sock_filter`.

    Denied calls fail with EPERM. `clone3` fails with ENOSYS, because a filter cannot read its flags, and every libc
    then falls back to `clone`. System calls of another architecture kill the process.
    """
    cpu = MACHINES[machine or os.uname().machine]
    denied = FAIL | errno.EPERM
    lines = [
        _line(LOAD, ARCHITECTURE),
        _line(JUMP_IF_EQUAL, cpu.audit, yes=1),
        _line(RETURN, KILL_PROCESS),
        _line(LOAD, NUMBER),
    ]
    if cpu.second_table:
        lines += [_line(JUMP_IF_AT_LEAST, X32, no=1), _line(RETURN, KILL_PROCESS)]
    for number in cpu.denied:
        lines += [_line(JUMP_IF_EQUAL, number, no=1), _line(RETURN, denied)]
    lines += [_line(JUMP_IF_EQUAL, CLONE3, no=1), _line(RETURN, FAIL | errno.ENOSYS)]
    clone = [_line(LOAD, FIRST), _line(JUMP_IF_ANY_BIT, NEW_NAMESPACES, no=1), _line(RETURN, denied)]
    lines += _only_for(cpu.clone, [*clone, _line(RETURN, ALLOW)])
    lines += _only_for(cpu.socket, [*_families(network=network), _line(RETURN, denied)])
    return b"".join([*lines, _line(RETURN, ALLOW)])


def _families(*, network: bool) -> list[bytes]:
    families = (AF_UNIX, AF_INET, AF_INET6) if network else (AF_UNIX,)
    lines = [_line(LOAD, FIRST)]
    for family in families:
        lines += [_line(JUMP_IF_EQUAL, family, no=1), _line(RETURN, ALLOW)]
    if network:  # name resolution requests the machine's addresses by NETLINK_ROUTE (protocol 0)
        route = [_line(LOAD, THIRD), _line(JUMP_IF_EQUAL, 0, no=1), _line(RETURN, ALLOW)]
        lines += [_line(JUMP_IF_EQUAL, AF_NETLINK, no=len(route)), *route]
    return lines


def _only_for(number: int, block: list[bytes]) -> list[bytes]:
    return [_line(JUMP_IF_EQUAL, number, no=len(block)), *block]


def _line(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
