"""Finds the Rules to judge by: base's configuration, or the work tree's own if base has none."""

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
        root: root of the repository, or the configuration's folder outside git.
        folder: folder of the configuration, relative to the root.
        repository: None outside git.
        name: name of the file.
        document: the configuration in the work tree; None if it is not a regular file.
        trouble: the reason why there is no document.
    """

    root: Path
    folder: PurePosixPath
    repository: Repository | None
    name: str = FILE_NAME
    document: Document | None = None
    trouble: UnsafePathError | None = None

    @property
    def path(self) -> str:
        """The path of the configuration, relative to the root."""
        return str(self.folder / self.name)


def configured(path: Path, repository: Repository | None) -> Configured:
    """Read the configuration of the work tree, without following links.

    Raises:
        UsageError: The configuration is missing or wrong, or lies outside the repository.
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
    """Return the folder of a workflow job's checkouts; None outside a job."""
    workspace = environ.get("GITHUB_WORKSPACE")
    return Path(workspace) if workspace else None


def absolute(path: Path) -> Path:
    """Return the absolute path, without resolving links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links that a checkout chose


@dataclass(frozen=True, slots=True)
class RulesFrom:
    """The Rules, the commit that they come from, and whether the base branch has none yet.

    Attributes:
        document: the document with head's Recipe: the work tree's, or base's if the work tree has no regular file.
        path: path of the Rules in base's tree.
        moved: whether the pull request's configuration has another path than base's.
    """

    rules: Rules
    sha: str | None
    bootstrap: bool
    document: Document
    path: str
    moved: bool = False


def rules_at(here: Configured, commit: str | None, *, project: str | None = None, alone: bool = False) -> RulesFrom:
    """Return the Rules of the base branch, or the work tree's own if the base branch has none.

    The Rules are a regular file with the same path in base's tree. A project is new only if base has no such file,
    and no other configuration in base belongs to this project.

    Args:
        here: the configuration.
        commit: the tip of the base branch; None if there is none.
        project: the project's name, if given.
        alone: whether this is the repository's only project, so that any configuration in base belongs to it.

    Raises:
        UsageError: Base's configuration is wrong, or there is no configuration at all.
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
    """Return the path of this project's configuration in base if it differs from the current one; else empty."""
    known = [path for name in sorted({here.name, FILE_NAME}) for path in repository.named(commit, name)]
    stated_name = here.document.rules.project if here.document is not None else None
    wanted = project or stated_name or default_project(here.root.name, here.folder)
    of_it = [path for path in known if project_at(repository, commit, path, here.root.name) == wanted]
    return next(iter(of_it or (known if alone else [])), "")


def project_at(repository: Repository, commit: str, path: str, repository_name: str) -> str:
    """Return the project's name in a configuration, or the default name if it gives none or is unreadable."""
    try:
        configured = parse((repository.file(commit, path) or b"").decode("utf-8"), path).project
    except (UsageError, UnicodeDecodeError):
        configured = None
    return configured or default_project(repository_name, PurePosixPath(path).parent)


def document_from(raw: bytes, name: str) -> Document:
    """Parse a configuration from bytes.

    Raises:
        UsageError: The configuration is wrong; the message begins with `name`.
    """
    try:
        return parse(raw.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: is not UTF-8", "save it as UTF-8 text") from error


def project_of(here: Configured, rules: Rules, repository_name: str, given: str | None = None) -> str:
    """Return the project's name: the given one, the one in the Rules, or the default one.

    Raises:
        UsageError: The given name is invalid.
    """
    if given and not _PROJECT.fullmatch(given):
        hint = "Letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or a digit."
        raise UsageError(f"{given[:80]!r} is no project's name", hint)
    return given or rules.project or default_project(repository_name, here.folder)


def default_project(repository_name: str, folder: PurePosixPath) -> str:
    """Return the default name of a project: the repository's name, and the folder's if it is not the root."""
    words = [repository_name, *folder.parts]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(words)).strip("-._")[:64] or "project"
