"""Runs git, with a fixed environment and fixed settings."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from gatebot.core import processes
from gatebot.core.processes import SYSTEM_PATH
from gatebot.errors import MachineError
from gatebot.sandbox.confined import run_confined

LOCAL_TIMEOUT_S = 120
FETCH_TIMEOUT_S = 600

_PASSED = (
    "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
)  # fmt: skip
_ENVIRONMENT = {
    "PATH": SYSTEM_PATH,
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "/bin/false",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "https:http:file",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_SETTINGS = {
    "safe.bareRepository": "explicit",
    "safe.directory": "*",  # in a container the work tree belongs to another uid; nothing in it is executed
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.sshCommand": "/bin/false",
    "core.gitProxy": "",
    "core.attributesFile": os.devnull,
    "core.quotePath": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "credential.helper": "",
    "diff.external": "",
    "diff.ignoreSubmodules": "dirty",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
}


def run(
    arguments: Sequence[str],
    timeout_s: float,
    stdin: bytes = b"",
    *,
    of: Path,
    network: bool = False,
    writable: Sequence[Path] = (),
) -> "subprocess.CompletedProcess[bytes]":
    """Run git confined, in an environment of gatebot's own, and from a folder that is not a repository.

    Raises:
        MachineError: git is not installed, or takes too long.
    """
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ} | _ENVIRONMENT
    environment["GIT_CONFIG_COUNT"] = str(len(_SETTINGS))
    for index, (key, value) in enumerate(_SETTINGS.items()):
        environment |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    git = processes.program("git", os.environ.get("PATH", ""))
    try:
        return run_confined(
            [git, *arguments],
            env=environment,
            of=of,
            stdin=stdin,
            timeout_s=timeout_s,
            network=network,
            writable=writable,
        )
    except subprocess.TimeoutExpired:
        verb = next((word for word in arguments if not word.startswith("-") and "=" not in word), "")
        raise MachineError(f"git {verb} took longer than {timeout_s:.0f} s") from None


def reason_of(stderr: bytes) -> str:
    """Return the line of git's output that gives the reason for a failure, without the advice that follows it."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("fatal:")]
    return (fatal or lines[-1:] or ["no reason given"])[0][:300]
