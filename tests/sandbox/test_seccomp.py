"""The filter's verdict on system calls, by a small interpreter of BPF: so both architectures are tested on one."""

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.sandbox import seccomp
from gatebot.sandbox.seccomp import ALLOW, FAIL, KILL_PROCESS, MACHINES

DENIED = FAIL | errno.EPERM
BOTH = pytest.mark.parametrize("machine", MACHINES)


def verdict(program: bytes, machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the kernel would do."""
    arguments = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("=iIQ6Q", number, MACHINES[machine].audit if audit is None else audit, 0, *arguments)
    lines = list(struct.iter_unpack("=HBBI", program))
    accumulator = at = 0
    while True:
        code, yes, no, value = lines[at]
        at += 1
        match code:
            case seccomp.LOAD:
                accumulator = struct.unpack_from("=I", data, value)[0]
            case seccomp.RETURN:
                return int(value)
            case seccomp.JUMP_IF_EQUAL:
                at += yes if accumulator == value else no
            case seccomp.JUMP_IF_AT_LEAST:
                at += yes if accumulator >= value else no
            case seccomp.JUMP_IF_ANY_BIT:
                at += yes if accumulator & value else no
            case _:
                raise AssertionError(code)


@BOTH
@pytest.mark.parametrize(
    ("family", "protocol", "without", "with_network"),
    [
        (1, 0, ALLOW, ALLOW),
        (2, 6, DENIED, ALLOW),
        (10, 17, DENIED, ALLOW),
        (16, 0, DENIED, ALLOW),
        (16, 9, DENIED, DENIED),
        (17, 0, DENIED, DENIED),
        (38, 0, DENIED, DENIED),
        (40, 0, DENIED, DENIED),
    ],
)
def test_socket_families(machine: str, family: int, protocol: int, without: int, with_network: int) -> None:
    number = MACHINES[machine].socket
    for network, expected in ((False, without), (True, with_network)):
        program = seccomp.program(network=network, machine=machine)
        assert verdict(program, machine, number, family, 1, protocol) == expected
        assert verdict(program, machine, number, family | 1 << 32, 1, protocol) == expected  # the kernel ignores it


@BOTH
@given(number=st.integers(0, 500), argument=st.integers(0, 2**64 - 1))
def test_all_that_is_not_denied_is_allowed(machine: str, number: int, argument: int) -> None:
    cpu = MACHINES[machine]
    seen = verdict(seccomp.program(network=False, machine=machine), machine, number, argument)
    if number in cpu.denied:
        assert seen == DENIED
    elif number == seccomp.CLONE3:
        assert seen == FAIL | errno.ENOSYS
    elif number == cpu.clone:
        assert seen == (DENIED if argument & seccomp.NEW_NAMESPACES else ALLOW)
    elif number == cpu.socket:
        assert seen == (ALLOW if argument & 0xFFFFFFFF == seccomp.AF_UNIX else DENIED)
    else:
        assert seen == ALLOW


@BOTH
def test_a_second_table_of_system_calls_kills(machine: str) -> None:
    program = seccomp.program(network=False, machine=machine)
    assert verdict(program, machine, 1, audit=0x40000003) == KILL_PROCESS
    if MACHINES[machine].second_table:
        assert verdict(program, machine, seccomp.X32 | MACHINES[machine].socket, 2) == KILL_PROCESS


@BOTH
def test_threads_are_ordinary_clones(machine: str) -> None:
    threads = 0x003D0F00  # what glibc's pthread_create passes
    program = seccomp.program(network=False, machine=machine)
    assert verdict(program, machine, MACHINES[machine].clone, threads) == ALLOW
