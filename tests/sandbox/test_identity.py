"""Uids of their own: one for each run, never somebody else's, and taken over from a gatebot that died."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gatebot.errors import MachineError
from gatebot.sandbox import Reach, identity, reap_leftovers
from gatebot.sandbox.identity import own_identity, processes_of

UIDS = range(10901, 10905)


@pytest.fixture(autouse=True)
def _own_range(full: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uids that no run beside these tests takes."""
    monkeypatch.setattr(identity, "SANDBOX_UIDS", UIDS)


@contextmanager
def sleeper(uid: int) -> Iterator[int]:
    with subprocess.Popen(["/bin/sleep", "600"], user=uid, group=uid, extra_groups=[], cwd="/") as process:
        try:
            yield process.pid
        finally:
            process.kill()


def test_each_run_has_its_own() -> None:
    with own_identity() as first, own_identity() as second:
        uids = {first.uid, first.killer, second.uid, second.killer}
    assert len(uids) == 4
    assert not uids & {0, 1001}


def test_a_uid_is_free_again_afterwards() -> None:
    with own_identity() as first:
        pass
    with own_identity() as second:
        assert first == second


def test_somebody_elses_processes_are_passed_over_and_left_alone() -> None:
    with own_identity() as first:
        uid = first.uid
    with sleeper(uid) as pid, own_identity() as second:
        assert second.uid != uid
        assert pid in processes_of(uid)


def test_what_a_killed_gatebot_left_is_ended() -> None:
    with own_identity() as first:
        uid = first.uid
    lock = identity.state("locks") / str(uid)
    lock.write_bytes(identity.BUSY)
    with sleeper(uid) as pid, own_identity() as second:
        assert second.uid == uid
        assert pid not in processes_of(uid)


def test_a_uid_whose_processes_survive_stays_marked() -> None:
    with own_identity() as first:
        lock = identity.state("locks") / str(first.uid)
        with sleeper(first.uid):
            pass
        assert lock.read_bytes() == identity.BUSY
    assert lock.read_bytes() == b""


def test_only_sandbox_uids_are_reaped() -> None:
    with pytest.raises(ValueError, match="not a uid of the sandbox"):
        reap_leftovers(os.getuid())


def test_all_uids_taken_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "SANDBOX_UIDS", UIDS[:1])
    with own_identity(), pytest.raises(MachineError, match="all in use"), own_identity():
        pass
