"""One run: what goes in is exactly what was given, what comes out is what happened, and nothing is left."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gatebot.errors import ExitCode, GateError, MachineError
from gatebot.sandbox import MIB, Command, Ended, Isolation, Limits, Reach, environment, run, scratch
from tests.sandbox.conftest import PACKAGE, PYTHON, python


def test_the_environment_is_the_defaults_and_what_was_given(place: Path, reach: Reach) -> None:
    given = {"SEED": "1", "OMP_NUM_THREADS": "3", "WITH": "a\nb=c ü"}
    completed = run(Command(("/usr/bin/env", "-0"), place, env=given, isolation=reach.level), reach=reach)
    seen = dict(pair.split("=", 1) for pair in completed.log_tail.split("\0") if pair)
    assert seen == environment.defaults(place) | given
    assert seen["HOME"] == str(place)


@pytest.mark.parametrize(
    ("code", "exit_code", "number"),
    [("", 0, None), ("raise SystemExit(3)", 3, None), ("import os; os.kill(os.getpid(), 11)", None, signal.SIGSEGV)],
)
def test_exit_codes_and_signals(
    place: Path, reach: Reach, code: str, exit_code: int | None, number: int | None
) -> None:
    completed = python(place, code, reach)
    assert (completed.ended, completed.exit_code, completed.signal) == (Ended.EXITED, exit_code, number)
    assert completed.ok is (exit_code == 0)
    assert completed.isolation is reach.level


def test_a_pipe_that_closes_ends_a_program_as_everywhere_else(place: Path, reach: Reach) -> None:
    """Python ignores SIGPIPE for itself; user code must not inherit that."""
    completed = run(Command(("sh", "-c", "yes | head -1"), place, isolation=reach.level), reach=reach)
    assert completed.log_tail == "y\n"
    assert completed.ok


@pytest.mark.parametrize(("program", "code"), [("no-such-program", 127), ("./no-such", 127), ("./text", 126)])
def test_a_program_that_cannot_be_started(place: Path, reach: Reach, program: str, code: int) -> None:
    (place / "text").write_text("not executable")
    completed = run(Command((program,), place, isolation=reach.level), reach=reach)
    assert (completed.ended, completed.exit_code) == (Ended.EXITED, code)
    assert program in completed.log_tail


def test_stdin_is_empty_and_the_session_is_its_own(place: Path, reach: Reach) -> None:
    completed = python(place, "import os, sys; print(repr(sys.stdin.read()), os.getsid(0) == os.getpid())", reach)
    assert completed.log_tail == "'' True\n"


def test_garbage_in_output_is_survived(place: Path, reach: Reach) -> None:
    lines: list[str] = []
    garbage = bytes(range(256)) + "\N{SNOWMAN}\u202e\n::error::x\n".encode()
    (place / "garbage").write_bytes(garbage)
    completed = run(Command(("cat", "garbage"), place, isolation=reach.level), reach=reach, on_line=lines.append)
    assert completed.log_tail == garbage.decode(errors="replace")
    assert lines[-1] == "::error::x"


def test_it_measures(place: Path, reach: Reach) -> None:
    code = "import time; x = bytearray(80 << 20); t = time.process_time()\nwhile time.process_time() < t + 0.2: pass"
    completed = python(place, code, reach)
    assert completed.cpu_seconds >= 0.2
    assert completed.seconds >= 0.2
    assert completed.peak_rss_bytes >= 80 * MIB


def test_a_timeout_ends_the_tree(place: Path, reach: Reach) -> None:
    code = "import signal, os; signal.signal(15, signal.SIG_IGN); os.fork() or os.setsid(); signal.pause()"
    completed = python(place, code, reach, limits=Limits(seconds=0.5))
    assert (completed.ended, completed.exit_code, completed.signal) == (Ended.TIMEOUT, None, signal.SIGKILL)
    assert 0.3 < completed.seconds < 5


@pytest.mark.whole
def test_shared_pages_count_once(place: Path, reach: Reach) -> None:
    """Forked workers share their parent's 100 MiB: that is not 500."""
    work = "for _ in range(4): os.fork() or (time.sleep(1), os._exit(0))"
    code = f"import os, time; x = bytearray(100 << 20)\n{work}\ntime.sleep(1)"
    assert python(place, code, reach, limits=Limits(memory_bytes=250 * MIB)).ok


def test_multiprocessing_works(place: Path, reach: Reach) -> None:
    """Pools need semaphores in /dev/shm and UNIX sockets."""
    code = "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as p: print(sum(p.map(abs, range(-9, 1))))"
    assert python(place, code, reach).log_tail == "45\n"


def test_the_temporary_directory_is_there_and_does_not_stay(place: Path, reach: Reach) -> None:
    assert python(place, "import tempfile; print(open(tempfile.mkstemp()[1]).name)", reach).log_tail.startswith(
        str(place)
    )
    assert list(place.iterdir()) == []


def test_output_of_one_run_is_input_of_the_next(place: Path, reach: Reach) -> None:
    assert python(place, "import os; os.umask(0o077); os.mkdir('m'); open('m/model', 'w').write('x')", reach).ok
    with scratch() as other:
        completed = python(
            other,
            f"print(open('{place}/m/model').read())",
            reach,
            readable=(place / "m", Path(PYTHON).resolve().parents[1]),
        )
    assert completed.log_tail == "x\n", completed


def test_what_is_not_granted_is_not_readable(place: Path, full: Reach) -> None:
    with scratch() as other:
        (other / "labels").write_text("secret")
        code = f"print(open('{other}/labels').read())"
        assert "PermissionError" in python(place, code, full).log_tail
        assert python(place, code, full, readable=(other / "labels",)).log_tail == "secret\n"


def test_readable_is_not_writable(place: Path, full: Reach) -> None:
    with scratch() as other:
        (other / "labels").write_text("")
        (other / "labels").chmod(0o666)
        code = f"open('{other}/labels', 'w')"
        assert "PermissionError" in python(place, code, full, readable=(other / "labels",)).log_tail
        assert python(place, code, full, writable=(other / "labels",)).ok


def test_writable_paths_come_back(place: Path, reach: Reach) -> None:
    with scratch() as cache:
        assert python(place, f"open('{cache}/x', 'w')", reach, writable=(cache,)).ok
        assert (cache / "x").stat().st_uid == os.geteuid()


def test_a_path_that_the_sandbox_user_cannot_reach_is_named(place: Path, full: Reach) -> None:
    with scratch() as other:
        (other / "closed").mkdir(mode=0o700)
        (other / "closed/file").touch()
        with pytest.raises(MachineError, match=f"{other}/closed is not open") as caught:
            python(place, "", full, readable=(other / "closed/file",))
    assert "chmod o+rx" in caught.value.hint


def test_a_path_that_does_not_exist_is_named(place: Path, reach: Reach) -> None:
    with pytest.raises(MachineError, match="/no/such"):
        python(place, "", reach, readable=(Path("/no/such"),))


def test_too_low_a_level_is_refused(place: Path) -> None:
    with pytest.raises(GateError, match="not root") as caught:
        run(Command(("true",), place), reach=Reach(Isolation.PARTIAL, 0, ("not root: cannot change uid",)))
    assert caught.value.exit_code is ExitCode.COULD_NOT_JUDGE


def test_below_full_a_token_in_the_environment_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret")
    with pytest.raises(GateError, match="GITHUB_TOKEN"):
        run(Command(("true",), place, isolation=Isolation.NONE), reach=Reach(Isolation.NONE))


def test_a_full_disk_is_the_machines_fault(full: Reach) -> None:
    with scratch() as mount:
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "none", mount], capture_output=True, check=False
        ).returncode:
            pytest.skip("cannot mount here")
        try:
            with pytest.raises(MachineError, match="full"):
                python(mount, "open('x', 'wb').write(bytes(5 << 20))", full)
        finally:
            subprocess.run(["umount", mount], check=True)


@pytest.mark.whole
def test_runs_in_threads_do_not_touch_each_other(reach: Reach) -> None:
    """The first one ends, and kills all of its own, while the others still run."""
    results: dict[int, str] = {}

    def one(n: int) -> None:
        with scratch() as place:
            results[n] = python(place, f"import os, time; time.sleep({n} / 2); print({n}, os.getuid())", reach).log_tail

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text.split()[0] for _, text in sorted(results.items())] == ["0", "1", "2", "3"]
    if reach.level is Isolation.FULL:
        assert len({text.split()[1] for text in results.values()}) == 4


def test_a_run_can_be_cancelled_from_another_thread(place: Path, reach: Reach) -> None:
    cancel = threading.Event()
    command = Command(("sh", "-c", "echo started; sleep 600"), place, isolation=reach.level)
    completed = run(command, reach=reach, cancel=cancel, on_line=lambda _: cancel.set())
    assert completed.ended is Ended.INTERRUPTED


def test_a_run_that_is_cancelled_at_once_has_a_result(place: Path, reach: Reach) -> None:
    cancel = threading.Event()
    cancel.set()
    completed = run(Command(("sleep", "600"), place, isolation=reach.level), reach=reach, cancel=cancel)
    assert (completed.ended, completed.signal) == (Ended.INTERRUPTED, signal.SIGKILL)


def test_an_error_in_on_line_ends_the_run(place: Path, reach: Reach) -> None:
    def fail(line: str) -> None:
        raise ZeroDivisionError(line)

    with pytest.raises(ZeroDivisionError):
        run(Command(("sh", "-c", "echo x; sleep 601"), place, isolation=reach.level), reach=reach, on_line=fail)
    assert not running("sleep 601")


GATE = """
import sys
from pathlib import Path
from gatebot.sandbox import Command, Isolation, Reach, probe, run
level = Isolation(sys.argv[2])
try:
    argv = ("sh", "-c", "setsid sleep " + sys.argv[3] + " & echo started; wait")
    command = Command(argv, Path(sys.argv[1]), isolation=level)
    run(command, reach=probe().at(level), on_line=lambda line: print(line, flush=True))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    ("number", "says"), [(signal.SIGINT, "interrupted\n"), (signal.SIGTERM, "interrupted\n"), (signal.SIGKILL, "")]
)
def test_the_tree_dies_with_gatebot(place: Path, reach: Reach, number: signal.Signals, says: str) -> None:
    nap = f"{700 + number}.{os.getpid()}"
    env = {"PYTHONPATH": str(PACKAGE.parent), "PATH": os.environ["PATH"]}
    argv = [sys.executable, "-B", "-c", GATE, str(place), reach.level, nap]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as gate:
        assert gate.stdout is not None
        assert gate.stdout.readline() == "started\n"
        gate.send_signal(number)
        assert gate.stdout.read() == says
    assert eventually_gone(f"sleep {nap}")
    if reach.level is Isolation.FULL:  # the next run finds the uid that was left marked busy, and can use it
        assert python(place, "", reach).ok


def running(command: str) -> bool:
    """Whether a process has this command line."""
    wanted = command.replace(" ", "\0").encode() + b"\0"
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes() == wanted:
                return True
        except OSError:
            continue
    return False


def eventually_gone(command: str) -> bool:
    """A killed gatebot cannot wait for its launcher: poll."""
    for _ in range(200):
        if not running(command):
            return True
        time.sleep(0.05)
    return False
