"""The Occasion: everything about a run that is known before any evidence is collected."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatebot.case import Changes, Facts
from gatebot.config.load import FILE_NAME, load, parse
from gatebot.config.model import Document, Recipe, Rules
from gatebot.errors import UsageError
from gatebot.git import Repository
from gatebot.policy.paths import first_match
from gatebot.report import State

WORKFLOWS = ".github/workflows/"
_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Occasion:
    """One run.

    Attributes:
        facts: what the judge will know; costs, effort and base's age are filled in later.
        recipe: of the tree at `root`.
        root: the repository, or the configuration's folder where there is none.
        folder: of the configuration, relative to `root`.
        repository: None outside git.
        base_commit: the commit to compare with; None where there is none.
        as_baseline: this is main's own run, whose evidence is kept for pull requests.
        may_train_base: base's code may run here: it is trusted, and not a fork's job.
        file_name: of the configuration.
    """

    facts: Facts
    recipe: Recipe
    root: Path
    folder: PurePosixPath
    repository: Repository | None = None
    base_commit: str | None = None
    as_baseline: bool = False
    may_train_base: bool = True
    file_name: str = FILE_NAME


@dataclass(frozen=True, slots=True)
class Configured:
    """A configuration file in its repository."""

    document: Document
    root: Path
    folder: PurePosixPath
    repository: Repository | None

    @property
    def path(self) -> str:
        """Of the configuration, relative to the root."""
        return str(self.folder / self.name)

    name: str = FILE_NAME


def configured(path: Path, repository: Repository | None) -> Configured:
    """Read the configuration of the work tree.

    Raises:
        UsageError: it is missing or wrong, or lies outside the repository.
    """
    path = path.resolve()
    document = load(path)
    if repository is None:
        return Configured(document, path.parent, PurePosixPath(), None, path.name)
    root = repository.root.resolve()
    if not path.is_relative_to(root):
        raise UsageError(
            f"{path} lies outside the repository {root}", "run gatebot inside the repository that it gates"
        )
    return Configured(document, root, PurePosixPath(path.parent.relative_to(root)), repository, path.name)


@dataclass(frozen=True, slots=True)
class RulesFrom:
    """Rules, the commit that they are from, and whether the base branch has none yet."""

    rules: Rules
    sha: str | None
    bootstrap: bool


def rules_at(here: Configured, commit: str | None) -> RulesFrom:
    """The Rules of the base branch; the work tree's own where the base branch has none.

    Raises:
        UsageError: base's configuration is wrong.
    """
    if commit is None or here.repository is None:
        return RulesFrom(here.document.rules, None, bootstrap=False)
    raw = here.repository.file(commit, here.path)
    if raw is None:
        return RulesFrom(here.document.rules, None, bootstrap=True)
    return RulesFrom(document_from(raw, f"{here.path} at {commit[:12]}").rules, commit, bootstrap=False)


def document_from(raw: bytes, name: str) -> Document:
    """A configuration from bytes.

    Raises:
        UsageError: it is wrong; `name` says which.
    """
    try:
        return parse(raw.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: is not UTF-8", "save it as UTF-8 text") from error


def named(repository: Repository, name: str) -> str:
    """The commit that the user means by a name: anything that git understands, or a branch of `origin`.

    Raises:
        UsageError: there is none.
    """
    found = repository.find(name) or repository.find(f"refs/remotes/origin/{name}")
    if found is None and not name.startswith("-"):
        with suppress(UsageError):
            found = repository.fetched(name)
    if found is None:
        raise UsageError(
            f"base {name[:100]!r} is neither a folder with a Snapshot nor a commit of this repository",
            "Give a branch, a tag, a commit, or a folder that `gatebot run` left, such as .gatebot/base.",
        )
    return found


def changes_of(here: Configured, rules: Rules, paths: frozenset[str] | None, commits: tuple[str, ...]) -> Changes:
    """The touched paths, and those of them that hold the gate.

    Args:
        here: the configuration.
        rules: base's.
        paths: relative to the root; None where they are unknown.
        commits: where to look whether a workflow is the gate's.
    """
    if paths is None:
        return Changes()
    gate = sorted(path for path in paths if _holds_the_gate(here, rules, path, commits))
    return Changes(paths=tuple(sorted(paths)), gate=tuple(gate))


def introduced(here: Configured, changes: Changes, base: str | None) -> Changes:
    """The changes of the pull request that brings gatebot: the gate's new files are no tampering, known ones still are.

    Args:
        here: the configuration, which base does not have.
        changes: of the pull request.
        base: the tip of the base branch.
    """
    if here.repository is None or base is None:
        return changes.model_copy(update={"gate": ()})
    known = tuple(path for path in changes.gate if here.repository.file(base, path) is not None)
    return changes.model_copy(update={"gate": known})


def is_relevant(here: Configured, rules: Rules, changes: Changes) -> bool:
    """Whether anything that was touched can change the verdict; unknown changes can."""
    if changes.paths is None or changes.gate:
        return True
    inside = [str(PurePosixPath(path).relative_to(here.folder)) for path in changes.paths if _below(path, here.folder)]
    return first_match(rules.paths, inside) is not None


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


def _holds_the_gate(here: Configured, rules: Rules, path: str, commits: tuple[str, ...]) -> bool:
    if path.startswith(WORKFLOWS):
        texts = [here.repository.file(commit, path) for commit in commits] if here.repository else []
        return any(text is not None and b"gatebot" in text for text in texts)
    own = [rule.python.partition(":")[0] for rule in rules.metrics if rule.python]
    patterns = [here.name, *([rules.data.contract] if rules.data.contract else []), *rules.behaviour, *own]
    if not _below(path, here.folder):
        return False
    inside = str(PurePosixPath(path).relative_to(here.folder))
    return first_match([f"/{pattern.lstrip('/')}" for pattern in patterns], [inside]) is not None


def _below(path: str, folder: PurePosixPath) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def with_state(facts: Facts, *states: State) -> Facts:
    """The facts with more named states."""
    return facts.model_copy(update={"states": (*facts.states, *states)})
