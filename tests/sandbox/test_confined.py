"""What a program of the system's may still do while it reads what a pull request chose."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatebot.sandbox import Reach
from gatebot.sandbox.confined import run_confined

TRIES = {
    "write": "open(sys.argv[1] + '/new', 'w')",
    "socket": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "environment of its parent": "print(open(f'/proc/{os.getppid()}/environ').read())",
    "memory of its parent": "open(f'/proc/{os.getppid()}/mem', 'rb')",
    "root again": "os.setuid(0); os.chown(sys.argv[1], 1, 1)",
    "capabilities": "os.chroot('/')",
}


def run(folder: Path, code: str) -> "subprocess.CompletedProcess[bytes]":
    script = f"import os, sys\n{code}"
    return run_confined((sys.executable, "-I", "-c", script, str(folder)), env={}, of=folder, timeout_s=30)


@pytest.mark.parametrize("attempt", TRIES)
def test_what_it_may_not(place: Path, full: Reach, attempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not full.landlock and attempt != "socket":
        pytest.skip("no Landlock")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    done = run(place, TRIES[attempt])
    assert done.returncode == 1, done
    assert b"PermissionError" in done.stderr or b"Operation not permitted" in done.stderr
    assert b"secret" not in done.stdout


@pytest.mark.parametrize("owner", [0, 4242])
def test_it_is_who_owns_what_it_reads_and_reads_that(place: Path, full: Reach, owner: int) -> None:
    (place / "file").write_text("text")
    (place / "file").chmod(0o600)
    for path in (place, place / "file"):
        os.chown(path, owner, owner)
    says = 'cat "$0/file"; echo; id -u; id -g; touch "$0/new"'
    done = run_confined(("/bin/sh", "-c", says, str(place)), env={}, of=place, timeout_s=30, writable=(place,))
    assert done.stdout.decode().split() == ["text", str(owner), str(owner)], done
    assert (place / "new").stat().st_uid == owner


def test_it_is_told_and_answers_as_any_other(place: Path, full: Reach) -> None:
    done = run_confined(("/bin/cat",), env={}, of=place, stdin=b"x" * 200_000, timeout_s=30)
    assert (done.returncode, len(done.stdout), done.stderr) == (0, 200_000, b"")
    with pytest.raises(subprocess.TimeoutExpired):
        run_confined(("/bin/sleep", "60"), env={}, of=place, timeout_s=0.5)


def test_what_cannot_be_started_says_so(place: Path, full: Reach) -> None:
    done = run_confined(("/bin/none",), env={}, of=place, timeout_s=30)
    assert done.returncode == 126
    assert b"No such file" in done.stderr
