"""Classifies the paths that a pull request changes: those that can change the verdict, and those of the gate itself."""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from gatebot.comparison.case import Changes
from gatebot.config.document import Rules
from gatebot.config.locks import USUAL_LOCKS
from gatebot.core.redact import is_secret
from gatebot.decide.policy.paths import first_match
from gatebot.run.context.gate_files import WORKFLOWS, gate_files
from gatebot.run.context.rules_found import Configured, RulesFrom, document_from
from gatebot.run.context.run_context import RunContext

_READ_BY = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "just": ("justfile",),
    "dvc": (".dvc/config", ".dvcignore"),
    "npm": ("package.json", ".npmrc"),
}


_FILE = re.compile(r"(?![-+/~])[\w.@/+-]*[\w@+-]", re.ASCII)


def changes_of(
    here: Configured,
    found: RulesFrom,
    paths: frozenset[str] | None,
    commits: tuple[str, ...],
    own: Collection[str] = (),
) -> Changes:
    """Return the changed paths, and those of them that belong to the gate.

    Args:
        here: the configuration.
        found: base's Rules, and how they were found.
        paths: changed paths relative to the root; None if they are unknown.
        commits: commits in which to look whether a workflow belongs to the gate, base's first.
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
    """Return the changes of a pull request that introduces gatebot.

    New files of the gate do not count as tampering; changes to existing ones do.

    Args:
        here: the configuration, which base does not have.
        changes: changes of the pull request.
        base: the tip of the base branch.
    """
    if here.repository is None or base is None:
        return changes.model_copy(update={"gate": ()})
    known = tuple(path for path in changes.gate if here.repository.file(base, path) is not None)
    return changes.model_copy(update={"gate": known})


def is_relevant(here: Configured, rules: Rules, changes: Changes) -> bool:
    """Whether a changed path can change the verdict; True if the changes are unknown."""
    if changes.paths is None or changes.gate:
        return True
    inside = [str(PurePosixPath(path).relative_to(here.folder)) for path in changes.paths if _below(path, here.folder)]
    return first_match(rules.paths, inside) is not None


def differ(run_context: RunContext, old: str, new: str) -> bool:
    """Whether any path that can change a verdict under this run's Rules differs between two commits."""
    repository, rules = run_context.repository, run_context.facts.rules
    if repository is None:
        return True
    here = Configured(run_context.root, run_context.folder, repository, PurePosixPath(run_context.rules_path).name)
    paths = repository.changed_paths(old, new)
    patterns = _gate_patterns(here, rules, run_context.facts.rules_sha, run_context.rules_path)
    gate = [
        path for path in paths if path == run_context.rules_path or _holds_the_gate(here, patterns, path, (old, new))
    ]
    return is_relevant(here, rules, Changes(paths=tuple(paths), gate=tuple(gate)))


def _gate_patterns(here: Configured, rules: Rules, sha: str | None, path: str) -> list[str]:
    """Return base's files that judge, or that run with secrets or near labels when a pull request is judged."""
    own = [rule.python.partition(":")[0] for rule in rules.metrics if rule.python]
    contract = [rules.data.contract] if rules.data.contract else []
    fetch = _files_in(rules.data.fetch.run) if rules.data.fetch is not None else []
    return [here.name, *contract, *rules.behaviour, *own, *fetch, *_set_up_with_credentials(here, rules, sha, path)]


def _set_up_with_credentials(here: Configured, rules: Rules, sha: str | None, path: str) -> list[str]:
    """Return files of base's set-up if it uses credentials, because head then gets base's environment."""
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
    """Return the words of a command that can be paths or module names, and the files that known tools read."""
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
