"""What hostile training code gets away with at each level: the table of SECURITY.md, tried out."""

import os
from pathlib import Path

import pytest

from gatebot.sandbox import MIB, Ended, Isolation, Reach
from tests.sandbox.conftest import IS_ROOT, NOBODY, REACH, Hostile, play_scenario
from tests.sandbox.scenario import SECRET

AS_NOBODY = NOBODY if IS_ROOT else None
LANDLOCK = pytest.mark.skipif(REACH.landlock < 6, reason="needs Landlock with scopes")
NETWORK = {"open an INET socket", "open an INET6 socket", "open a netlink socket"}


def successes(result: dict[str, dict[str, str]]) -> set[str]:
    return {name for name, outcome in result["attempts"].items() if outcome == "succeeded"}


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        pytest.param([], set(), marks=LANDLOCK, id="full"),
        pytest.param(["--network"], NETWORK, marks=LANDLOCK, id="full with network"),
        pytest.param(["--landlock", "0"], {"talk to an abstract socket"}, id="full without Landlock"),
    ],
)
def test_full_stops_everything(full: Reach, options: list[str], allowed: set[str]) -> None:
    result = play_scenario(*options, token=SECRET)
    assert result["completed"]["isolation"] == "full"
    assert len(result["attempts"]) > 40
    assert successes(result) <= allowed
    if "--network" in options:
        assert "open an INET socket" in successes(result)
    assert result["mode after"] == "0o755"
    assert result["left"] == []


@LANDLOCK
def test_partial_stops_all_but_what_the_user_may_do_himself() -> None:
    result = play_scenario(uid=AS_NOBODY)
    assert result["completed"]["isolation"] == "partial"
    assert result["reach"]["reasons"] == ["not root: cannot change uid"]
    assert successes(result) <= {"talk to the docker socket"}


def test_partial_without_landlock_stops_network_and_privileges_only() -> None:
    result = play_scenario("--landlock", "0", uid=AS_NOBODY)
    assert {"read eval labels", "read git credentials", "signal the gate"} <= successes(result)
    assert not successes(result) & (NETWORK | {"become root", "make a user namespace", "use io_uring", "raise a limit"})


def test_none_stops_hardly_anything() -> None:
    """The control: the attempts are real, they do succeed where nothing stops them."""
    succeeded = successes(play_scenario("--level", "none", uid=AS_NOBODY))
    assert {"open an INET socket", "read eval labels", "signal the gate", "signal the parent"} <= succeeded
    assert {"leave SysV shared memory", "talk to the docker socket", "gain privileges by exec"} <= succeeded


@pytest.mark.whole
@pytest.mark.parametrize(
    ("mode", "limits", "ended"),
    [
        ("memory", {"memory_bytes": 200 * MIB}, Ended.MEMORY),
        ("memfd", {"memory_bytes": 200 * MIB}, Ended.MEMORY),
        ("disk", {"disk_bytes": 50 * MIB}, Ended.DISK),
        ("disk_unlinked", {"disk_bytes": 50 * MIB}, Ended.DISK),
        ("disk_one_file", {"disk_bytes": 50 * MIB}, Ended.DISK),
        ("disk_many_files", {"disk_bytes": 5 * MIB}, Ended.DISK),
        ("too_deep", {}, Ended.DISK),
        ("threads", {"processes": 200}, Ended.PROCESSES),
    ],
)
def test_greed_is_ended_and_named(hostile: Hostile, mode: str, limits: dict[str, int], ended: Ended) -> None:
    completed = hostile(mode, **limits)
    assert completed.ended is ended, completed
    assert not completed.ok
    assert leftovers() == []


@pytest.mark.parametrize("reach", [Isolation.FULL], indirect=True)
def test_a_fork_bomb_is_ended_and_named(hostile: Hostile) -> None:
    assert hostile("fork_bomb", processes=200).ended is Ended.PROCESSES
    assert leftovers() == []


@pytest.mark.long
@pytest.mark.parametrize("reach", [Isolation.PARTIAL, Isolation.NONE], indirect=True)
def test_a_fork_bomb_under_the_gates_own_uid_is_ended_after_a_race(hostile: Hostile) -> None:
    assert hostile("fork_bomb", processes=200).ended is Ended.PROCESSES
    assert leftovers() == []


def test_shared_memory_counts_and_is_removed_at_full(hostile: Hostile, reach: Reach) -> None:
    if reach.level < Isolation.FULL:
        pytest.skip("files under /dev/shm tell whose they are only by uid")
    assert hostile("shared_memory", memory_bytes=200 * MIB).ended is Ended.MEMORY
    assert not list(Path("/dev/shm").glob("hostile-*"))


def test_a_daemon_dies_with_the_run(hostile: Hostile) -> None:
    completed = hostile("daemon")
    assert completed.ok
    assert leftovers() == []


def test_who_kills_everybody_does_not_survive_it(hostile: Hostile, reach: Reach) -> None:
    if reach.level < Isolation.FULL:
        pytest.skip("it would kill the tests")
    completed = hostile("kill_everybody")
    assert completed.ended is Ended.EXITED
    assert leftovers() == []


@pytest.mark.whole
def test_a_flood_of_output_is_cut(hostile: Hostile) -> None:
    completed = hostile("flood", log_bytes=1000)
    assert completed.ok
    assert completed.log_bytes == 1024 * MIB
    assert len(completed.log_tail) <= 1000


def test_awkward_files_come_back(hostile: Hostile, place: Path) -> None:
    assert hostile("closed_directories").ended is Ended.EXITED
    assert (place / "deep/file").read_text() == "x"
    assert (place / "deep/file").stat().st_uid == os.geteuid()
    assert Path("/etc/shadow").stat().st_uid == 0


def leftovers() -> list[str]:
    """Processes of hostile.py, whoever owns them."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if b"hostile.py" in command and f"gatebot-test-{os.getpid()}-".encode() in command:
            found.append(command.decode())
    return found


@LANDLOCK
@pytest.mark.skipif(not IS_ROOT, reason="needs root")
def test_partial_takes_the_capabilities_of_root() -> None:
    """With them it could read any process's environment: the kernel asks Landlock only where they are missing."""
    result = play_scenario("--level", "partial")
    assert result["completed"]["isolation"] == "partial"
    assert not successes(result) & {"change root", "open memory of another process"}
