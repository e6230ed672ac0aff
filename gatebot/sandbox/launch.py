"""Composes the launcher's order: one Command and one isolation level as plain data."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from gatebot.errors import MachineError
from gatebot.sandbox import environment, landlock, seccomp
from gatebot.sandbox.command import Command
from gatebot.sandbox.identity import Identity
from gatebot.sandbox.isolation import Isolation, Reach


@dataclass(frozen=True, slots=True)
class Confinement:
    """The isolation of one run."""

    reach: Reach
    identity: Identity | None

    @property
    def uids(self) -> list[int]:
        """The run's uid and its killer uid; empty below level full."""
        return [self.identity.uid, self.identity.killer] if self.identity else []


def compose(command: Command, confinement: Confinement, report: int) -> dict[str, object]:
    """Return the order for `launcher.py`, ready for JSON.

    Raises:
        MachineError: a granted path does not exist, or the program lies outside of the granted paths.
    """
    env = environment.defaults(command.scratch.resolve()) | dict(command.env)
    cwd = command.cwd or command.scratch
    for path in (*command.granted, cwd):
        if not path.exists():
            raise MachineError(f"{path} was to be given to the sandbox, but it does not exist.")
    abi = confinement.reach.landlock
    program = _program(command.argv[0], env["PATH"], cwd)
    own = [p.resolve() for p in (command.scratch, *command.writable)]
    foreign = [p for p in program if not any(p.is_relative_to(o) for o in own)]
    for path in foreign:
        if abi and not landlock.covers(command.granted, path):
            raise MachineError(f"{path} is to be run, but it is not among the sandbox's readable paths.")
    return {
        "argv": list(command.argv),
        "env": env,
        "cwd": str(cwd.resolve()),
        "gatebot": os.getpid(),
        "report": report,
        "uids": confinement.uids,
        "capabilities": confinement.reach.level is Isolation.NONE,
        "limits": _limits(command, confinement.reach.level),
        "access": [str(p) for p in (*command.granted, *foreign)],
        "landlock": _landlock(command, abi) if abi else None,
        "filter": _filter(command, confinement.reach.level),
    }


def _program(name: str, search: str, cwd: Path) -> list[Path]:
    """Return the path of the program and its resolved path; empty if not found (the launcher then reports it)."""
    found = str(cwd / name) if "/" in name else shutil.which(name, path=search)
    if found is None or not Path(found).exists():
        return []
    lexical = Path(os.path.normpath(found))
    return [lexical.parent.resolve() / lexical.name, lexical.resolve()]


def _limits(command: Command, level: Isolation) -> dict[str, int]:
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": command.limits.disk_bytes,
        "RLIMIT_NOFILE": command.limits.open_files,
    }
    if level is Isolation.FULL:  # counted per uid: below full, it would include the user's other processes
        limits["RLIMIT_NPROC"] = command.limits.processes
    return limits


def _landlock(command: Command, abi: int) -> dict[str, object]:
    writable = [p.resolve() for p in (command.scratch, *command.writable)]
    readable = [p.resolve() for p in command.readable]
    return {
        "ruleset": landlock.ruleset(abi, network=command.network).hex(),
        "rules": landlock.rules(abi, readable=readable, writable=writable, network=command.network),
    }


def _filter(command: Command, level: Isolation) -> str:
    return seccomp.program(network=command.network).hex() if level > Isolation.NONE else ""
