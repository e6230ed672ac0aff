"""Where gatebot keeps what it makes: never among files that a commit can choose."""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import MachineError, UsageError
from gatebot.repository.git import Repository, list_files, open_repository

NAME = ".gatebot"
IN_RUNNER_TEMP = "gatebot"
CACHE_IN_RUNNER_TEMP = "cache"  # user code sees the paths of environments, and they are to tell it nothing


def usual(environ: Mapping[str, str]) -> Path:
    """The folder to use where the user names none: in a workflow job outside of the checkout.

    Raises:
        MachineError: the job's own folder is not here.
    """
    return Path(NAME) if environ.get("GITHUB_ACTIONS") != "true" else _of_job(environ) / IN_RUNNER_TEMP


def cache(environ: Mapping[str, str], project: Path) -> Path:
    """Where environments and fetched data are kept: beside the job's output, or with the project.

    Args:
        environ: of this process.
        project: the folder of the configuration.

    Raises:
        UsageError: what stands there is not gatebot's.
        MachineError: the job's own folder is not here.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        return require_owned(_of_job(environ) / CACHE_IN_RUNNER_TEMP)
    return require_owned(project / NAME)


def _of_job(environ: Mapping[str, str]) -> Path:
    said = environ.get("RUNNER_TEMP", "")
    if not said or not Path(said).is_dir():
        raise MachineError(
            f"RUNNER_TEMP ({said or 'not set'}) is no folder here, so there is no place outside of the checkout",
            "Update the runner (2.329 or later shows it to container actions), or name a folder with --out.",
        )
    return Path(said)


def require_owned(folder: Path) -> Path:
    """The same folder, if it is gatebot's own: one that it made, or may make.

    What lies in a repository is refused where a commit could have put it there: behind a link, or tracked by git.

    Raises:
        UsageError: it may not be used; says why and what to do.
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
    """The folder that the user names, or the usual one, if it is gatebot's own.

    Raises:
        UsageError: it may not be used.
        MachineError: the job's own folder is not here.
    """
    return require_owned(usual(environ) if given is None else given)


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
