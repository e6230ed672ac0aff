"""Converts the launcher's reports into a Completed, or into an error of the machine."""

import errno
import json
import os
import signal
from collections.abc import Callable
from typing import Any

from gatebot.errors import MachineError
from gatebot.sandbox import disk
from gatebot.sandbox.command import Command, Completed, Ended
from gatebot.sandbox.isolation import Isolation
from gatebot.sandbox.log import Log

ALMOST_FULL = 1024 * 1024
NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as in a shell

# the report of a run that was ended before its launcher could report
ENDED_AT_ONCE = {"status": signal.SIGKILL, "seconds": 0.0, "cpu_seconds": 0.0, "peak_rss_bytes": 0}

Why = Ended | Callable[[int | None], Ended]


def completed(command: Command, reports: bytes, why: Why, log: Log, *, peak: int, level: Isolation) -> Completed:
    """Return the result of a run.

    Args:
        command: the command that ran.
        reports: lines of JSON from the launcher.
        why: why the run was ended, or a function that derives this from its signal if nothing ended it.
        log: its output; if the program could not be started, the reason is added here.
        peak: the largest resident memory that was measured, in bytes.
        level: the level at which it ran.

    Raises:
        MachineError: the sandbox could not be set up, its launcher died, or the disk is full.
    """
    facts: dict[str, Any] = dict(ENDED_AT_ONCE) if isinstance(why, Ended) else {}
    for line in reports.splitlines():
        facts |= json.loads(line)
    if "status" not in facts:
        last_words = log.tail[-500:].strip() or "none"
        raise MachineError("The sandbox's launcher ended without a report.", f"Its last words: {last_words}")
    if facts.get("failed", "exec") != "exec":
        raise _set_up_error(facts)
    code = os.waitstatus_to_exitcode(facts["status"])
    if "failed" in facts:
        code = NOT_FOUND if facts["errno"] == errno.ENOENT else NOT_EXECUTABLE
        log.write(f"{command.argv[0]}: {facts['message']}\n".encode())
    number = -code if code < 0 else None
    result = Completed(
        ended=why if isinstance(why, Ended) else why(number),
        exit_code=None if number else code,
        signal=number,
        seconds=facts["seconds"],
        cpu_seconds=facts["cpu_seconds"],
        peak_rss_bytes=max(peak, facts["peak_rss_bytes"]),
        log_tail=log.tail,
        log_bytes=log.length,
        isolation=level,
    )
    if result.ended is Ended.EXITED and not result.ok and disk.free(command.scratch) < ALMOST_FULL:
        raise MachineError(f"The disk that holds {command.scratch} is full.", "Free some space.")
    return result


def _set_up_error(facts: dict[str, Any]) -> MachineError:
    path = facts["path"]
    if facts["failed"] == "access":
        return MachineError(
            f"{path} is {facts['message']}.",
            "Full isolation runs user code under its own uid: let everybody in (chmod o+rx), or keep it elsewhere.",
        )
    return MachineError(f"The sandbox cannot be set up ({facts['failed']}: {facts['message']} {path}".rstrip() + ").")
