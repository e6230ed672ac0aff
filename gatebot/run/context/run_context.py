"""The Occasion: everything about a run that is known before any evidence is collected."""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from gatebot.comparison.case import Changes, Facts
from gatebot.config.document import Document, Recipe, Rules
from gatebot.config.load import FILE_NAME, parse, read
from gatebot.config.locks import USUAL_LOCKS
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.core.redact import is_secret
from gatebot.core.report import State
from gatebot.decide.policy.paths import first_match
from gatebot.errors import UsageError
from gatebot.repository.git import Repository
from gatebot.run.context.gate_files import WORKFLOWS, gate_files

_READ_BY = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "just": ("justfile",),
    "dvc": (".dvc/config", ".dvcignore"),
    "npm": ("package.json", ".npmrc"),
}
_FILE = re.compile(r"(?![-+/~])[\w.@/+-]*[\w@+-]", re.ASCII)
_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run.

    Attributes:
        facts: what the judge will know; costs, effort and base's age are filled in later.
        recipe: of the tree at `root`.
        root: the repository, or the configuration's folder where there is none.
        folder: of the configuration, relative to `root`.
        repository: None outside git.
        base_commit: the commit to compare with; None where there is none.
        as_baseline: this is main's own run, whose evidence is kept for pull requests.
        trusts_head: the tree's own files may run with a secret where no base decides: not a pull request's that brings
            its own Rules.
        may_train_base: base's code may run here: it is trusted, and not a fork's job.
        rules_path: of base's configuration, relative to `root`.
        run: workflow run and attempt; zeros outside Actions.
    """

    facts: Facts
    recipe: Recipe
    root: Path
    folder: PurePosixPath
    repository: Repository | None = None
    base_commit: str | None = None
    as_baseline: bool = False
    trusts_head: bool = True
    may_train_base: bool = True
    rules_path: str = FILE_NAME
    run: tuple[int, int] = (0, 0)


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


def changes_of(
    here: Configured,
    found: RulesFrom,
    paths: frozenset[str] | None,
    commits: tuple[str, ...],
    own: Collection[str] = (),
) -> Changes:
    """The touched paths, and those of them that hold the gate.

    Args:
        here: the configuration.
        found: base's Rules, and how they were found.
        paths: relative to the root; None where they are unknown.
        commits: where to look whether a workflow is the gate's, base's first.
        own: paths of this job's workflows.
    """
    if paths is None:
        return Changes()
    patterns = _gate_patterns(here, found.rules, found.sha, found.path)
    gate = {path for path in paths if _holds_the_gate(here, patterns, path, commits)}
    gate |= {found.path} if found.moved else set()
    if here.repository is not None and commits and paths - gate:
        called = gate_files(here.repository, commits[0], own)
        gate |= {path for path in paths if path in called or any(f"{each}/" in called for each in _above(path))}
    return Changes(paths=tuple(sorted(paths)), gate=tuple(sorted(gate)))


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


def differ(occasion: RunContext, old: str, new: str) -> bool:
    """Whether anything that can change a verdict, by the Rules of this run, differs between two commits."""
    repository, rules = occasion.repository, occasion.facts.rules
    if repository is None:
        return True
    here = Configured(occasion.root, occasion.folder, repository, PurePosixPath(occasion.rules_path).name)
    paths = repository.changed_paths(old, new)
    patterns = _gate_patterns(here, rules, occasion.facts.rules_sha, occasion.rules_path)
    gate = [path for path in paths if path == occasion.rules_path or _holds_the_gate(here, patterns, path, (old, new))]
    return is_relevant(here, rules, Changes(paths=tuple(paths), gate=tuple(gate)))


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


def _gate_patterns(here: Configured, rules: Rules, sha: str | None, path: str) -> list[str]:
    """Files of base's that judge, or that run on behalf of a pull request with secrets or beside labels."""
    own = [rule.python.partition(":")[0] for rule in rules.metrics if rule.python]
    contract = [rules.data.contract] if rules.data.contract else []
    fetch = _files_in(rules.data.fetch.run) if rules.data.fetch is not None else []
    return [here.name, *contract, *rules.behaviour, *own, *fetch, *_set_up_with_credentials(here, rules, sha, path)]


def _set_up_with_credentials(here: Configured, rules: Rules, sha: str | None, path: str) -> list[str]:
    """Files of base's set-up, where it takes credentials: head's environment is then base's."""
    passed = [name for name in rules.smoke.env.pass_ if is_secret(name, os.environ.get(name, ""))]
    if not passed or sha is None or here.repository is None:
        return []
    raw = here.repository.file(sha, path)
    if raw is None:
        return []
    smoke = document_from(raw, f"{path} at {sha[:12]}").recipe.smoke
    words = [] if smoke.setup is None else _files_in(smoke.setup)
    files = [word for word in words if PurePosixPath(word).suffix]  # `pip install -e src` does not run all of src
    return [*USUAL_LOCKS, *smoke.lock, *files] if words else []


def _files_in(command: str) -> list[str]:
    """The words of a command that can be files, as they stand or as a module's name, and what known tools read."""
    words = [word.removeprefix("./").rstrip("/") for word in re.split(r"[\s'\"`;|&()<>=$,]+", command)]
    words = [word for word in words if _FILE.fullmatch(word) and ".." not in word.split("/")]
    modules = [f"{word.replace('.', '/')}{end}" for word in words for end in (".py", "/__main__.py")]
    tools = [file for word in words for file in _READ_BY.get(word.rpartition("/")[2], ())]
    return [*words, *modules, *tools]


def _holds_the_gate(here: Configured, patterns: list[str], path: str, commits: tuple[str, ...]) -> bool:
    if path.startswith(WORKFLOWS):
        texts = [here.repository.file(commit, path) for commit in commits] if here.repository else []
        return any(text is not None and b"gatebot" in text for text in texts)
    if not _below(path, here.folder):
        return False
    inside = str(PurePosixPath(path).relative_to(here.folder))
    return first_match([f"/{pattern.lstrip('/')}" for pattern in patterns], [inside]) is not None


def _above(path: str) -> Iterator[str]:
    return (str(folder) for folder in PurePosixPath(path).parents)


def _below(path: str, folder: PurePosixPath) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def with_state(facts: Facts, *states: State) -> Facts:
    """The facts with more named states."""
    return facts.model_copy(update={"states": (*facts.states, *states)})
