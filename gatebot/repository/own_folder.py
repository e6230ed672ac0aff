"""The folder for gatebot's own files, which must never be under the control of a commit."""

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import MachineError, UsageError
from gatebot.repository.git import Repository, list_files, open_repository

NAME = ".gatebot"
IN_RUNNER_TEMP = "gatebot"
CACHE_IN_RUNNER_TEMP = "cache"  # a neutral name, because user code sees the paths of its environment
IN_USE = "in-use.lock"


def usual(environ: Mapping[str, str]) -> Path:
    """Return the default folder; in a workflow job it lies outside the checkout.

    Raises:
        MachineError: The job's temporary folder is missing.
    """
    return Path(NAME) if environ.get("GITHUB_ACTIONS") != "true" else _of_job(environ) / IN_RUNNER_TEMP


def cache(environ: Mapping[str, str], project: Path) -> Path:
    """Return the folder for environments and fetched data: in the job's temporary folder, or in the project.

    Args:
        environ: environment of this process.
        project: the folder of the configuration.

    Raises:
        UsageError: A file or folder that is not gatebot's exists there.
        MachineError: The job's temporary folder is missing.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        return require_owned(_of_job(environ) / CACHE_IN_RUNNER_TEMP)
    return require_owned(project / NAME)


def _of_job(environ: Mapping[str, str]) -> Path:
    runner_temp = environ.get("RUNNER_TEMP", "")
    if not runner_temp or not Path(runner_temp).is_dir():
        raise MachineError(
            f"RUNNER_TEMP ({runner_temp or 'not set'}) is no folder here, so there is no place outside of the checkout",
            "Update the runner (2.329 or later shows it to container actions), or name a folder with --out.",
        )
    return Path(runner_temp)


def require_owned(folder: Path) -> Path:
    """Return the folder unchanged if gatebot created it, or may create it.

    A folder in a repository is refused if a commit could have created it: it lies behind a link or is tracked by git.

    Raises:
        UsageError: The folder must not be used; the message says why and what to do.
    """
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - resolving would follow the very links that are looked for
    repository = _repository_of(place)
    if repository is not None and place != repository.root:
        inside = place.relative_to(repository.root)
        status = None
        try:
            status = Checkout(repository.root).status(inside.as_posix())
        except UnsafePathError as trouble:
            raise UsageError(f"{trouble.message}: gatebot does not write there", _remove(inside)) from trouble
        _require_folder(status, place, _remove(inside))
        if status is not None and list_files(repository.root, "--cached", "--", inside.as_posix()):
            raise UsageError(
                f"git tracks files in {inside}, which is gatebot's own folder",
                f"Take them out of the repository: git rm -r --cached {inside}",
            )
        return folder
    status = None
    with suppress(FileNotFoundError):
        status = place.lstat()
    _require_folder(status, place, "Name another folder with --out.")
    return folder


def chosen(given: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the folder that the user gives, or the default one, after checking that it is gatebot's own.

    Raises:
        UsageError: The folder must not be used.
        MachineError: The job's temporary folder is missing.
    """
    return require_owned(usual(environ) if given is None else given)


@contextmanager
def used(folder: Path) -> Iterator[None]:
    """Mark a folder as used by a run while the block runs, so that nothing is removed from it meanwhile.

    A folder that cannot be written holds nothing that could be removed, and is not marked.
    """
    descriptor = None
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _hide_from_git(folder)
        descriptor = _lock_of(folder)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def unused(folder: Path) -> Iterator[None]:
    """Keep runs out of a folder while the block removes what lies in it. The kernel ends that with the process.

    Raises:
        UsageError: A run uses it now.
        MachineError: It may not be written.
    """
    try:
        descriptor = _lock_of(folder)
    except OSError as error:
        raise MachineError(f"{folder} cannot be written: {error.strerror}", "See who owns it: ls -ld.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UsageError(f"a run of gatebot uses {folder} now", "Wait until it has ended, or end it.") from error
    finally:
        os.close(descriptor)


def _hide_from_git(folder: Path) -> None:
    """Add a `.gitignore` to a folder of this name, so that what lies in it is no change of the work tree."""
    if folder.name == NAME:
        with suppress(FileExistsError), (folder / ".gitignore").open("x") as file:
            file.write("*\n")


def _lock_of(folder: Path) -> int:
    return os.open(folder / IN_USE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _require_folder(status: os.stat_result | None, place: Path, hint: str) -> None:
    if status is None:
        return
    if not stat.S_ISDIR(status.st_mode):
        raise UsageError(f"{place} is not a folder, so gatebot cannot use it as its own", hint)
    if status.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        raise UsageError(f"{place} belongs to another user, so gatebot does not use it as its own", hint)


def _remove(inside: Path) -> str:
    return f"Remove {inside.parts[0]} from the repository, or name another folder with --out."


def _repository_of(place: Path) -> Repository | None:
    with suppress(UsageError, MachineError):
        return open_repository(place)
    return None
