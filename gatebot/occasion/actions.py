"""The Occasion of a workflow job: what GitHub says happened, against what was really checked out."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from gatebot.case import Approval, Facts
from gatebot.errors import UsageError
from gatebot.gate import effort_of
from gatebot.git import Repository, open_repository
from gatebot.github import event as events
from gatebot.github.event import Event, Kind
from gatebot.github.pull import Pull
from gatebot.occasion.occasion import Occasion, changes_of, configured, is_relevant, project_of, rules_at
from gatebot.report import Base, Head, Relation, State

_RELATION = {
    events.Relation.FIRST_PARENT: Relation.FIRST_PARENT,
    events.Relation.GROUP_PARENT: Relation.FIRST_PARENT,
    events.Relation.PREVIOUS: Relation.FIRST_PARENT,
    events.Relation.MERGE_BASE: Relation.MERGE_BASE,
}


def in_actions(
    config: Path, event: Event, now: datetime, *, project: str | None = None, approvals: Iterable[Approval] = ()
) -> Occasion:
    """Read the job's situation.

    Args:
        config: path of gatebot.yml in the checkout.
        event: from the Actions environment.
        now: the clock.
        project: replaces the Rules' own name, for monorepos that run one job a project.
        approvals: of this pull request's head, from the API.

    Raises:
        UsageError: no repository or configuration, or history that is missing and cannot be fetched.
    """
    repository = open_repository(config.resolve().parent)
    here = configured(config, repository)
    tested = repository.head()
    as_baseline = event.on_default_branch
    base = Base() if as_baseline else _base(repository, event, tested)
    branch = None if as_baseline else _rules_commit(repository, event, base)
    found = rules_at(here, branch)
    touched = repository.changed_paths(base.sha, tested) if base.sha else None
    changes = changes_of(here, found.rules, touched, tuple(sha for sha in (branch, tested) if sha))
    states = [State.BASELINE] * as_baseline + [State.BOOTSTRAP] * found.bootstrap
    if event.is_draft and found.rules.drafts == "skip":
        states.append(State.DRAFT)
    elif base.sha and not is_relevant(here, found.rules, changes):
        states.append(State.NOTHING_RELEVANT)
    chosen = Base() if found.bootstrap else base
    facts = Facts(
        project=project or project_of(here, found.rules, event.repository.partition("/")[2]),
        now=now,
        rules=found.rules,
        rules_sha=found.sha,
        effort=effort_of(here.document.model, found.rules),
        chosen=chosen,
        judged=Head(sha=event.head_sha or tested, tested_sha=tested),
        changes=changes,
        states=tuple(states),
        approvals=tuple(approvals),
        is_fork=event.is_fork,
        run_url=event.run.url,
        reproduce=f"gatebot run --base {chosen.sha[:12]}" if chosen.sha else "gatebot run",
    )
    return Occasion(
        facts=facts,
        recipe=here.document.recipe,
        root=here.root,
        folder=here.folder,
        repository=repository,
        base_commit=chosen.sha,
        as_baseline=as_baseline,
        may_train_base=not event.is_fork,
    )


def of_pull(
    config: Path,
    event: Event,
    proposal: Pull,
    now: datetime,
    *,
    paths: frozenset[str] | None,
    base: str = "",
    project: str | None = None,
    approvals: Iterable[Approval] = (),
) -> Occasion:
    """The situation of a pull request that is judged from a checkout of its base branch; nothing of head is here.

    Args:
        config: path of gatebot.yml in the checkout, which gives the Rules.
        event: of this job.
        proposal: as the API says it now.
        now: the clock.
        paths: that it touches, as the API says it; None where it cannot list them.
        base: the commit that head was compared with: it is taken only if it lies on the base branch.
        project: replaces the Rules' own name.
        approvals: of the pull request's head.

    Raises:
        UsageError: no repository or configuration, or history that is missing and cannot be fetched.
    """
    repository = open_repository(config.resolve().parent)
    here = configured(config, repository)
    tip = repository.head()
    commit = base if base and repository.find(base) and repository.merge_base(base, tip) == base else tip
    rules = here.document.rules
    facts = Facts(
        project=project or project_of(here, rules, event.repository.partition("/")[2]),
        now=now,
        rules=rules,
        rules_sha=tip,
        chosen=Base(sha=commit, relation=Relation.MERGE_BASE, why="on the base branch"),
        judged=Head(sha=proposal.head_sha),
        changes=changes_of(here, rules, paths, (tip,)),
        approvals=tuple(approvals),
        is_fork=proposal.is_fork,
        run_url=event.run.url,
        reproduce=f"gatebot run --base {commit[:12]}",
    )
    return Occasion(
        facts=facts,
        recipe=here.document.recipe,
        root=here.root,
        folder=here.folder,
        repository=repository,
        base_commit=commit,
        may_train_base=False,
    )


def _base(repository: Repository, event: Event, tested: str) -> Base:
    try:
        found = events.base_of(event, tested, repository.first_parent, repository.merge_base)
    except UsageError:
        if event.kind is Kind.DISPATCH:  # started by hand on a branch without history in common
            return Base()
        raise
    return Base(sha=repository.fetched(found.sha), relation=_RELATION[found.relation], why=str(found.relation))


def _rules_commit(repository: Repository, event: Event, base: Base) -> str | None:
    """The tip of the base branch: what was merged into is it; a branch tip's target has to be looked up."""
    if base.relation is Relation.FIRST_PARENT:
        return base.sha
    tip = repository.find(f"refs/remotes/origin/{event.base_ref or event.default_branch}")
    return tip or (repository.fetched(event.base_sha) if event.base_sha else base.sha)
