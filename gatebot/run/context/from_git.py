"""Builds the RunContext of a local run, which compares the work tree with a commit of this repository."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gatebot.comparison.case import Facts
from gatebot.config.document import Rules
from gatebot.core.report import Base, Head, Relation, State
from gatebot.errors import UsageError
from gatebot.repository import own_folder
from gatebot.repository.git import Repository, open_repository
from gatebot.run.context.changes import changes_of, introduced, is_relevant
from gatebot.run.context.commits import named
from gatebot.run.context.rules_found import absolute, configured, project_of, rules_at
from gatebot.run.context.run_context import RunContext
from gatebot.run.gate import effort_of

_MAIN_BRANCHES = ("refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master")


def local(
    config: Path,
    base: str | None,
    now: datetime,
    *,
    as_baseline: bool = False,
    isolation: str = "none",
    project: str | None = None,
    out: Path = Path(own_folder.NAME),
) -> RunContext:
    """Return the RunContext of the work tree.

    Args:
        config: path of gatebot.yml.
        base: a git reference, or None for the default branch.
        now: the current time.
        as_baseline: store this tree's evidence as main's baseline; requires a clean tree.
        isolation: the least isolation to accept, instead of the one that the Rules require in workflows. A developer
            who runs their own code on their own machine gets the isolation that the machine offers.
        project: replaces the project name in the Rules.
        out: output folder of the run; its files do not count as changes of the work tree.

    Raises:
        UsageError: There is no configuration or no such reference, or the tree of a baseline is not clean.
    """
    repository = _repository(config)
    here = configured(config, repository)
    if repository is None and (base is not None or as_baseline):
        raise UsageError(f"{here.root} is not a git repository", "run `git init`, or pass --base DIR with a Snapshot")
    place = _Place.outside_git()
    if repository is not None:
        own = [here.folder / own_folder.NAME, *_inside(out, here.root)]
        place = _place(repository, base, [str(folder) for folder in own], as_baseline=as_baseline)
    found = rules_at(here, place.branch, project=project)
    rules = accepting(found.rules, isolation)
    commits = tuple(sha for sha in (place.branch, place.head) if sha)
    changes = changes_of(here, found, place.touched, commits)
    base_sha = place.base.sha
    changes = introduced(here, changes, place.branch) if found.bootstrap else changes
    states = [State.BASELINE] * as_baseline + [State.BOOTSTRAP] * found.bootstrap
    if base_sha and not states and not is_relevant(here, rules, changes):
        states.append(State.NOTHING_RELEVANT)
    facts = Facts(
        project=project_of(here, rules, here.root.name, project),
        now=now,
        rules=rules,
        rules_sha=found.sha,
        effort=effort_of(found.document.model, rules),
        chosen=Base() if found.bootstrap else place.base,
        judged=Head(sha=place.clean_head, tested_sha=place.clean_head),
        changes=changes,
        states=tuple(states),
        reproduce=f"gatebot run --base {base_sha[:12]}" if base_sha else "gatebot run",
    )
    return RunContext(
        facts=facts,
        recipe=found.document.recipe,
        root=here.root,
        folder=here.folder,
        repository=repository,
        rules_path=found.path,
        base_commit=facts.chosen.sha,
        as_baseline=as_baseline,
    )


def accepting(rules: Rules, isolation: str) -> Rules:
    """Return the Rules with another least isolation."""
    smoke = rules.smoke.model_copy(update={"isolation": isolation})
    return rules.model_copy(update={"smoke": smoke})


@dataclass(frozen=True, slots=True)
class _Place:
    """The state of the work tree: its commit, base, the tip of base's branch, and the paths that differ from base."""

    head: str | None
    clean_head: str | None
    base: Base
    branch: str | None
    touched: frozenset[str] | None

    @classmethod
    def outside_git(cls) -> "_Place":
        return cls(None, None, Base(), None, None)


def _inside(out: Path, root: Path) -> list[Path]:
    """Return the output folder relative to the root, or an empty list if it is outside the repository or its root."""
    place = out.resolve()
    return [place.relative_to(root)] if place.is_relative_to(root) and place != root else []


def _place(repository: Repository, base: str | None, ignored: Sequence[str], *, as_baseline: bool) -> _Place:
    head = repository.find("HEAD")
    changed = repository.changes([own_folder.NAME, *ignored])
    if as_baseline and (changed or head is None):
        listed = ", ".join(changed[:5]) or "there is no commit"
        raise UsageError(f"the work tree is not a commit: {listed}", "commit first: a baseline stands for a commit")
    clean_head = None if changed else head
    if head is None or as_baseline:
        return _Place(head, clean_head, Base(), None, None)
    branch = named(repository, base) if base else _main_tip(repository)
    merge_base = repository.merge_base(head, branch)
    if merge_base != head or changed:
        chosen = Base(sha=merge_base, relation=Relation.MERGE_BASE, why=f"merge base with {base or 'the main branch'}")
    elif parents := repository.parents(head):
        chosen = Base(sha=parents[0], relation=Relation.FIRST_PARENT, why="the commit before this one")
        branch = parents[0]
    else:
        return _Place(head, clean_head, Base(), None, None)
    touched = repository.changed_paths(chosen.sha or head, head) | frozenset(changed)
    return _Place(head, clean_head, chosen, branch, touched)


def _main_tip(repository: Repository) -> str:
    """Return the tip of the default branch as far as this clone knows it, otherwise the checked-out commit."""
    return next((found for name in _MAIN_BRANCHES if (found := repository.find(name))), repository.head())


def _repository(config: Path) -> Repository | None:
    try:
        return open_repository(absolute(config).parent)
    except UsageError:
        return None
