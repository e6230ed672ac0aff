"""Runs one user command and ends all of its processes. All user code is started here."""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from gatebot.core import processes
from gatebot.errors import MachineError
from gatebot.sandbox.command import Command, Completed, Ended
from gatebot.sandbox.hidden_paths import hidden
from gatebot.sandbox.identity import LAUNCHER, own_identity
from gatebot.sandbox.isolation import Isolation, Reach, probe, require
from gatebot.sandbox.launch import Confinement, compose
from gatebot.sandbox.limit_monitor import LimitMonitor
from gatebot.sandbox.log import Log, OnLine
from gatebot.sandbox.outcome import completed
from gatebot.sandbox.scratch_folder import lent
from gatebot.sandbox.token_guard import initial_environ, refuse_with_secrets

CHUNK = 64 * 1024
PAUSE = 0.05
GRACE = 10.0  # seconds for the launcher to end a tree before gatebot kills it directly


def run(
    command: Command,
    *,
    on_line: OnLine | None = None,
    cancel: threading.Event | None = None,
    reach: Reach | None = None,
) -> Completed:
    """Run a command in the sandbox, and wait for its whole process tree to end.

    The command runs at the highest level that is available. Several commands may run in parallel, from threads or
    processes.

    Args:
        command: what to run.
        on_line: called in this thread with each line of output, at most a thousand times per second.
        cancel: ends the run with `Ended.INTERRUPTED` when set; for runs outside the main thread.
        reach: the isolation that is available, if already known or if less is wanted; `probe()` by default.

    Raises:
        GateError: the level is below `command.isolation`, or below full while a token is in this process's
            environment (exit 5).
        MachineError: the sandbox could not be set up, or the disk is full.
        KeyboardInterrupt: Ctrl-C or SIGTERM was received; the tree has ended by then.
    """
    reach = reach or probe()
    require(command.isolation, reach)
    if sys.platform != "linux":
        raise MachineError(f"User code can only be run on Linux, not on {sys.platform}.", "Use the container.")
    refuse_with_secrets(initial_environ() | os.environ, reach.level)
    with ExitStack() as stack:
        stack.enter_context(terminate_as_interrupt())
        identity = stack.enter_context(own_identity()) if reach.level is Isolation.FULL else None
        uid = identity.uid if identity else None
        lendable = _lendable(command)
        stack.enter_context(hidden(command, reach))
        stack.enter_context(lent(command.scratch, lendable, uid))
        watch = LimitMonitor(command.limits, tuple(path.resolve() for path in (command.scratch, *lendable)), uid)
        log = Log(command.limits.log_bytes, on_line)
        launched = _launch(command, Confinement(reach, identity))
        watch.begin(launched.process.pid)
        ended, reports = _follow(launched, log, watch, cancel)
        return completed(command, reports, ended or watch.ended_by_itself, log, peak=watch.peak, level=reach.level)


@contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Make SIGTERM raise KeyboardInterrupt in the main thread, unless it is already handled."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@dataclass(frozen=True, slots=True)
class _Launched:
    """A running launcher: its process, and the read ends of the log and of its reports."""

    process: "subprocess.Popen[bytes]"
    log: int
    report: int


def _lendable(command: Command) -> tuple[Path, ...]:
    """Return the writable files and directories; devices keep their owner."""
    return tuple(path for path in command.writable if path.is_dir() or path.is_file())


def _launch(command: Command, confinement: Confinement) -> _Launched:
    log, log_end = os.pipe()
    report, report_end = os.pipe()
    try:
        order = json.dumps(compose(command, confinement, report_end)).encode()
        with processes.own_script(LAUNCHER, "-S") as (argv, script):
            process = processes.start(
                argv,
                env={},
                stdin=subprocess.PIPE,
                stdout=log_end,
                stderr=log_end,
                descriptors=[report_end, script],
                new_session=True,
            )
    except BaseException as error:
        os.close(log)
        os.close(report)
        if isinstance(error, OSError):
            raise MachineError(f"The sandbox cannot be started: {error.strerror}.") from error
        raise
    finally:
        os.close(log_end)
        os.close(report_end)
    with suppress(BrokenPipeError), process.stdin or nullcontext() as pipe:  # an ended launcher is detected later
        if pipe is not None:
            pipe.write(order)
    return _Launched(process, log, report)


def _follow(
    launched: _Launched, log: Log, watch: LimitMonitor, cancel: threading.Event | None
) -> tuple[Ended | None, bytes]:
    """Watch a run until it ends, and return why it was ended (or None) and the launcher's reports.

    No process of the run is left afterwards, even if an error occurs.
    """
    ended: Ended | None = None
    give_up = float("inf")
    reports = bytearray()
    try:
        with selectors.DefaultSelector() as streams:
            streams.register(launched.log, selectors.EVENT_READ, log.write)
            streams.register(launched.report, selectors.EVENT_READ, reports.extend)
            while streams.get_map():
                for key, _ in streams.select(watch.pause if ended is None else PAUSE):
                    chunk = os.read(key.fd, CHUNK)
                    key.data(chunk)
                    if not chunk:
                        streams.unregister(key.fd)
                if ended is None:
                    ended = Ended.INTERRUPTED if cancel is not None and cancel.is_set() else watch.look()
                    if ended is not None:
                        launched.process.terminate()
                        give_up = time.monotonic() + GRACE
                elif time.monotonic() > give_up:
                    break
            else:
                launched.process.wait()  # it has closed its report, so it is ending by itself
    finally:
        _end(launched, watch)
    log.close()
    return ended, bytes(reports)


def _end(launched: _Launched, watch: LimitMonitor) -> None:
    """End the rest of the run through its launcher, or directly if the launcher does not respond."""
    launched.process.terminate()
    try:
        launched.process.wait(GRACE)
    except subprocess.TimeoutExpired:
        launched.process.kill()
        launched.process.wait()
    finally:
        os.close(launched.log)
        os.close(launched.report)
    if launched.process.returncode:
        watch.end_survivors()
