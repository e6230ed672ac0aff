"""The one way to start a process: what a child inherits is written out here, and nothing else crosses."""

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
"""Where every child starts: never a checkout, whose files a program may take for its own."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def own_python(script: Path | str, *flags: str) -> tuple[str, ...]:
    """The command line of a script of ours in gatebot's own interpreter.

    Isolated (`-I`): neither the working folder, nor `PYTHON*`, nor a user's site-packages is searched for modules.

    Args:
        script: a file of gatebot's, or a copy of one.
        flags: further flags of the interpreter, such as `-S`.
    """
    return (sys.executable, "-I", "-B", *flags, str(script))


@contextmanager
def own_script(script: Path, *flags: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """As `own_python`, by a descriptor that the child has to be given: its command line does not say what it runs.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(script, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield own_python(f"/dev/fd/{descriptor}", *flags), descriptor
    finally:
        os.close(descriptor)


def program(name: str, path: str = "") -> str:
    """Where a system's program lies: in the system's folders first, then in the absolute folders of `path`.

    Raises:
        MachineError: it is nowhere.
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
    """Start a process in `/`, with this environment, these descriptors and nothing else of ours.

    Args:
        argv: an absolute program and its arguments; never a shell.
        env: the whole environment.
        stdin: as `subprocess.Popen` takes it; nothing by default.
        stdout: likewise.
        stderr: likewise.
        descriptors: of this process that the child gets besides.
        new_session: whether signals of the terminal stay away from it.

    Raises:
        ValueError: the program's path is relative.
        OSError: it cannot be started.
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
    """Start a process as `start` does, and wait for its end.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it took longer; it is dead by then.
    """
    pipe = subprocess.PIPE
    with start(argv, env=env, stdin=pipe, stdout=pipe, stderr=pipe, descriptors=descriptors) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(list(argv), process.returncode, stdout, stderr)
