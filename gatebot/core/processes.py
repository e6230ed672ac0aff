"""The only functions that start processes. A child inherits what the caller passes explicitly, and nothing else."""

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gatebot.errors import MachineError

FOLDER = "/"
"""Working directory of every child: never a checkout, because a program could load files from there."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def own_python(script: Path | str, *flags: str) -> tuple[str, ...]:
    """Return the command line that runs a gatebot script in gatebot's own interpreter.

    The interpreter is isolated (`-I`): it searches neither the working directory, nor `PYTHON*` variables, nor the
    user's site-packages for modules.

    Args:
        script: a file of gatebot, or a copy of one.
        flags: further flags of the interpreter, such as `-S`.
    """
    return (sys.executable, "-I", "-B", *flags, str(script))


@contextmanager
def own_script(script: Path, *flags: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield a command line as `own_python`, and a descriptor of the script that the child must inherit.

    The command line names the descriptor and not the script's path.

    Raises:
        OSError: The script cannot be opened.
    """
    descriptor = os.open(script, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield own_python(f"/dev/fd/{descriptor}", *flags), descriptor
    finally:
        os.close(descriptor)


def program(name: str, path: str = "") -> str:
    """Find a program: first in the system's folders, then in the absolute folders of `path`.

    Raises:
        MachineError: The program is not installed.
    """
    folders = [folder for folder in path.split(":") if folder.startswith("/")]
    found = shutil.which(name, path=":".join([*SYSTEM_PATH.split(":"), *folders]))
    if found is None:
        raise MachineError(f"{name} is not installed", f"gatebot needs {name} on its PATH.")
    return found


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    descriptors: Collection[int] = (),
    new_session: bool = False,
) -> "subprocess.Popen[bytes]":
    """Start a process in `/`, with this environment and these descriptors; it inherits nothing else.

    Args:
        argv: absolute path of the program, and its arguments; no shell is involved.
        env: the complete environment.
        stdin: as for `subprocess.Popen`; `/dev/null` by default.
        stdout: as `stdin`.
        stderr: as `stdin`.
        descriptors: descriptors of this process that the child inherits in addition.
        new_session: start a new session, so that signals of the terminal do not reach the process.

    Raises:
        ValueError: The program's path is relative.
        OSError: The process cannot be started.
    """
    if not os.path.isabs(argv[0]):  # noqa: PTH117 - a Path would drop a leading `./`
        raise ValueError(f"{argv[0]} is not an absolute path")
    return subprocess.Popen(
        list(argv),
        cwd=FOLDER,
        env=dict(env),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        close_fds=True,
        pass_fds=tuple(descriptors),
        start_new_session=new_session,
    )


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    stdin: bytes = b"",
    timeout_s: float,
    descriptors: Collection[int] = (),
) -> "subprocess.CompletedProcess[bytes]":
    """Start a process as `start` does, and wait until it ends.

    Raises:
        OSError: The process cannot be started.
        subprocess.TimeoutExpired: The process took too long and was killed.
    """
    pipe = subprocess.PIPE
    with start(argv, env=env, stdin=pipe, stdout=pipe, stderr=pipe, descriptors=descriptors) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(list(argv), process.returncode, stdout, stderr)
