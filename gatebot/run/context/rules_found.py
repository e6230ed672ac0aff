"""Finds the Rules that judge: the configuration here, and what base has under the same name."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from gatebot.config.document import Document, Rules
from gatebot.config.load import FILE_NAME, parse, read
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import UsageError
from gatebot.repository.git import Repository

_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Configured:
    """A configuration file in its repository.

    Attributes:
        root: of the repository, or the configuration's folder where there is none.
        folder: of the configuration, relative to the root.
        repository: None outside git.
        name: of the file.
        document: what the work tree says; None where no regular file stands there.
        trouble: why there is no document.
    """

    root: Path
    folder: PurePosixPath
    repository: Repository | None
    name: str = FILE_NAME
    document: Document | None = None
    trouble: UnsafePathError | None = None

    @property
    def path(self) -> str:
        """Of the configuration, relative to the root."""
        return str(self.folder / self.name)


def configured(path: Path, repository: Repository | None) -> Configured:
    """Read the configuration of the work tree. It is found by its name: no link on the way there is followed.

    Raises:
        UsageError: it is missing or wrong, or lies outside the repository.
    """
    path = absolute(path)
    root = path.parent if repository is None else repository.root
    if not path.is_relative_to(root):
        raise UsageError(
            f"{path} lies outside the repository {root}", "run gatebot inside the repository that it gates"
        )
    here = Configured(root, PurePosixPath(path.parent.relative_to(root)), repository, path.name)
    try:
        return replace(here, document=read(Checkout(root), here.path))
    except UnsafePathError as trouble:
        return replace(here, trouble=trouble)


def workspace_of(environ: Mapping[str, str]) -> Path | None:
    """Where the checkouts of a workflow job lie; None outside of one."""
    said = environ.get("GITHUB_WORKSPACE")
    return Path(said) if said else None


def absolute(path: Path) -> Path:
    """The same path from the root of the file system, through the same links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links that a checkout chose


@dataclass(frozen=True, slots=True)
class RulesFrom:
    """Rules, the commit that they are from, and whether the base branch has none yet.

    Attributes:
        document: whose Recipe head is trained by: the work tree's, or base's where the work tree has no regular file.
        path: of the Rules in base's tree.
        moved: whether the pull request's own path is another: the way to the Rules has changed.
    """

    rules: Rules
    sha: str | None
    bootstrap: bool
    document: Document
    path: str
    moved: bool = False


def rules_at(here: Configured, commit: str | None, *, project: str | None = None, alone: bool = False) -> RulesFrom:
    """The Rules of the base branch; the work tree's own where the base branch has none.

    They are found by name: the same path, as a regular file, in base's tree. A project is new only where base has no
    such file, and no other configuration of base's is this project's.

    Args:
        here: the configuration.
        commit: the tip of the base branch; None where there is none.
        project: its name, where it was given.
        alone: whether this is the repository's only project, so that any configuration of base's is its.

    Raises:
        UsageError: base's configuration is wrong, or there is none at all.
    """
    if commit is None or here.repository is None:
        return _own(here, bootstrap=False)
    raw = here.repository.file(commit, here.path)
    path = here.path
    if raw is None:
        path = _known_as(here, here.repository, commit, project, alone=alone)
        raw = here.repository.file(commit, path) if path else None
    if raw is None:
        return _own(here, bootstrap=True)
    document = document_from(raw, f"{path} at {commit[:12]}")
    own = here.document or document
    return RulesFrom(document.rules, commit, bootstrap=False, document=own, path=path, moved=path != here.path)


def _own(here: Configured, *, bootstrap: bool) -> RulesFrom:
    if here.document is None:
        raise here.trouble or UsageError(f"{here.path}: no such file", "`gatebot init` writes one")
    return RulesFrom(here.document.rules, None, bootstrap, here.document, here.path)


def _known_as(here: Configured, repository: Repository, commit: str, project: str | None, *, alone: bool) -> str:
    """The path of base's configuration of this project, where it is another than here; empty where there is none."""
    known = [path for name in sorted({here.name, FILE_NAME}) for path in repository.named(commit, name)]
    said = here.document.rules.project if here.document is not None else None
    wanted = project or said or default_project(here.root.name, here.folder)
    of_it = [path for path in known if project_at(repository, commit, path, here.root.name) == wanted]
    return next(iter(of_it or (known if alone else [])), "")


def project_at(repository: Repository, commit: str, path: str, repository_name: str) -> str:
    """What a configuration calls its project; what it is called by default where that says nothing or is unreadable."""
    try:
        said = parse((repository.file(commit, path) or b"").decode("utf-8"), path).project
    except (UsageError, UnicodeDecodeError):
        said = None
    return said or default_project(repository_name, PurePosixPath(path).parent)


def document_from(raw: bytes, name: str) -> Document:
    """A configuration from bytes.

    Raises:
        UsageError: it is wrong; `name` says which.
    """
    try:
        return parse(raw.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: is not UTF-8", "save it as UTF-8 text") from error


def project_of(here: Configured, rules: Rules, repository_name: str, given: str | None = None) -> str:
    """The project's name: as given, or what the Rules say, or the repository's and, below its root, the folder's.

    Raises:
        UsageError: the given one is none.
    """
    if given and not _PROJECT.fullmatch(given):
        hint = "Letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or a digit."
        raise UsageError(f"{given[:80]!r} is no project's name", hint)
    return given or rules.project or default_project(repository_name, here.folder)


def default_project(repository_name: str, folder: PurePosixPath) -> str:
    """The name of a project whose configuration lies in this folder and gives it none."""
    words = [repository_name, *folder.parts]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(words)).strip("-._")[:64] or "project"
