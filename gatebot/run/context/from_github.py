"""Builds the RunContext of a workflow job from the GitHub event and from the actual checkout."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from gatebot.comparison.case import Approval, Changes, Facts
from gatebot.config.document import Rules
from gatebot.core.report import Base, Head, Relation, State
from gatebot.errors import UsageError
from gatebot.github import event as events
from gatebot.github.event import Event, Kind
from gatebot.github.pull import Pull
from gatebot.repository.git import Repository, open_repository
from gatebot.run.context.changes import changes_of, introduced, is_relevant
from gatebot.run.context.commits import named
from gatebot.run.context.rules_found import (
    Configured,
    RulesFrom,
    absolute,
    configured,
    project_of,
    rules_at,
    workspace_of,
)
from gatebot.run.context.run_context import RunContext
from gatebot.run.gate import effort_of

_RELATION = {
    events.Relation.FIRST_PARENT: Relation.FIRST_PARENT,
    events.Relation.GROUP_PARENT: Relation.FIRST_PARENT,
    events.Relation.PREVIOUS: Relation.FIRST_PARENT,
    events.Relation.MERGE_BASE: Relation.MERGE_BASE,
}


def in_actions(
    config: Path,
    event: Event,
    now: datetime,
    *,
    project: str | None = None,
    base: str | None = None,
    approvals: Iterable[Approval] = (),
    environ: Mapping[str, str] | None = None,
) -> RunContext:
    """Return the RunContext of a job that has checked out what it judges.

    Args:
        config: path of gatebot.yml in the checkout.
        event: the event from the Actions environment.
        now: the current time.
        project: replaces the project name in the Rules, for monorepos with one job per project.
        base: a git reference to compare with, instead of the event's base.
        approvals: approvals of this pull request's head, from the API.
        environ: environment variables; they include the secrets that `data.fetch` names if this job has them.

    Raises:
        UsageError: There is no repository or configuration, or history is missing and cannot be fetched.
    """
    repository = open_repository(absolute(config).parent, within=workspace_of(environ or {}))
    here = configured(config, repository)
    tested = repository.head()
    as_baseline = event.on_default_branch and base is None
    chosen = Base() if as_baseline else _given(repository, base, tested) if base else _base(repository, event, tested)
    branch = None if as_baseline else _rules_commit(repository, event, chosen)
    found = rules_at(here, branch, project=project, alone=not project)
    touched = repository.changed_paths(chosen.sha, tested) if chosen.sha else None
    commits = tuple(sha for sha in (branch, tested) if sha)
    changes = changes_of(here, found, touched, commits, own=(event.run.workflow_path,))
    changes = introduced(here, changes, branch) if found.bootstrap else changes
    states = [State.BASELINE] * as_baseline + [State.BOOTSTRAP] * found.bootstrap
    states += () if states else _nothing_to_judge(here, found.rules, changes, is_draft=event.is_draft)
    if _lacks_secrets(found, environ or {}, is_fork=event.is_fork and not states):
        states.append(State.NO_DATA)
    chosen = Base() if found.bootstrap else chosen
    facts = Facts(
        project=project_of(here, found.rules, event.repository.partition("/")[2], project),
        now=now,
        rules=found.rules,
        rules_sha=found.sha,
        effort=effort_of(found.document.model, found.rules),
        chosen=chosen,
        judged=Head(sha=event.head_sha or tested, tested_sha=tested),
        branch=event.other_branch,
        changes=changes,
        states=tuple(states),
        approvals=tuple(approvals),
        is_fork=event.is_fork,
        is_first=event.is_first,
        can_review=event.kind is not Kind.MERGE_GROUP,  # merge groups cannot be approved; their parts have passed
        run_url=event.run.url,
        reproduce=f"gatebot run --base {chosen.sha[:12]}" if chosen.sha else "gatebot run",
    )
    return RunContext(
        facts=facts,
        recipe=found.document.recipe,
        root=here.root,
        folder=here.folder,
        repository=repository,
        rules_path=found.path,
        base_commit=chosen.sha,
        as_baseline=as_baseline,
        trusts_head=as_baseline,
        may_train_base=not event.is_fork,
        run=(event.run.id, event.run.attempt),
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
) -> RunContext:
    """Return the RunContext of a pull request that is judged from a checkout of its base branch, without head's files.

    Args:
        config: path of gatebot.yml in the checkout; only its content at the tip of the base branch is used.
        event: the event of this job.
        proposal: the pull request as the API reports it now.
        now: the current time.
        paths: paths that it changes, from the API; None if the API cannot list them, which counts as changing the gate.
        base: the commit that head's run reports as its base. It is used only if it lies on the base branch and not
            before the base that the API names, so that nobody can choose an old commit that performs worse.
        project: replaces the project name in the Rules.
        approvals: approvals of the pull request's head.

    Raises:
        UsageError: There is no repository or configuration, or history is missing and cannot be fetched.
    """
    repository = open_repository(absolute(config).parent)
    here = configured(config, repository)
    tip = _tip(repository, event, proposal.base_ref)
    found = rules_at(here, tip, project=project, alone=not project)
    oldest = repository.fetched(proposal.base_sha)
    commit = base if base and _lies_between(repository, base, oldest, tip) else oldest
    changes = changes_of(here, found, paths, (tip,), own=_workflows_of(event))
    stranger = _stranger(repository, event, tip) if proposal.is_fork else ""
    unknown = (here.path,) if paths is None else ()
    gate = tuple(sorted({*changes.gate, *unknown, *([stranger] if stranger else [])}))
    changes = changes.model_copy(update={"gate": gate})
    facts = Facts(
        project=project_of(here, found.rules, event.repository.partition("/")[2], project),
        now=now,
        rules=found.rules,
        rules_sha=tip,
        effort=effort_of(found.document.model, found.rules),
        chosen=Base(sha=commit, relation=Relation.MERGE_BASE, why="on the base branch"),
        judged=Head(sha=proposal.head_sha),
        branch=event.other_branch,
        changes=changes,
        states=tuple(_nothing_to_judge(here, found.rules, changes, is_draft=proposal.is_draft)),
        approvals=tuple(approvals),
        is_fork=proposal.is_fork,
        is_first=proposal.is_first,
        run_url=event.run.url,
        reproduce=f"gatebot run --base {commit[:12]}",
    )
    return RunContext(
        facts=facts,
        recipe=found.document.recipe,
        root=here.root,
        folder=here.folder,
        repository=repository,
        rules_path=found.path,
        base_commit=commit,
        may_train_base=False,
    )


def _workflows_of(event: Event) -> tuple[str, ...]:
    return (event.run.workflow_path, *([event.trigger.workflow_path] if event.trigger else []))


def _tip(repository: Repository, event: Event, branch: str) -> str:
    """Return the tip of the base branch, which may differ from the checked-out commit."""
    here = repository.find(f"refs/remotes/origin/{branch}")
    if here is None and event.ref == f"refs/heads/{branch}":
        return repository.head()
    return here or repository.fetched(f"refs/remotes/origin/{branch}")


def _lies_between(repository: Repository, commit: str, oldest: str, newest: str) -> bool:
    if not _is_sha(commit) or repository.find(commit) is None:
        return False
    return repository.merge_base(oldest, commit) == oldest and repository.merge_base(commit, newest) == commit


def _is_sha(text: str) -> bool:
    return len(text) in (40, 64) and all(char in "0123456789abcdef" for char in text)


def _stranger(repository: Repository, event: Event, tip: str) -> str:
    """Return the workflow that produced the evidence if it is not a gatebot workflow of the base branch; else empty."""
    path = event.trigger.workflow_path if event.trigger else ""
    if not path:
        return ""
    text = repository.file(tip, path)
    return "" if text is not None and b"gatebot" in text else path


def _nothing_to_judge(here: Configured, rules: Rules, changes: Changes, *, is_draft: bool) -> Iterator[State]:
    if is_draft and rules.drafts == "skip":
        yield State.DRAFT
    elif not is_relevant(here, rules, changes):
        yield State.NOTHING_RELEVANT


def _lacks_secrets(found: RulesFrom, environ: Mapping[str, str], *, is_fork: bool) -> bool:
    """Whether the data cannot be fetched in this job, because it has no secrets.

    GitHub gives no secrets to a fork's job. gatebot gives none to a pull request that brings its own Rules, because
    the command and the files that would use them have not been merged.
    """
    fetch = found.rules.data.fetch
    if fetch is None or not fetch.secrets:
        return False
    return found.bootstrap or (is_fork and any(not environ.get(name) for name in fetch.secrets))


def _given(repository: Repository, name: str, tested: str) -> Base:
    return Base(sha=repository.merge_base(tested, named(repository, name)), relation=Relation.GIVEN, why=f"base {name}")


def _base(repository: Repository, event: Event, tested: str) -> Base:
    try:
        found = events.base_of(event, tested, repository.first_parent, repository.merge_base)
    except UsageError:
        if event.kind is Kind.DISPATCH:  # started manually on a branch without common history
            return Base()
        raise
    return Base(sha=repository.fetched(found.sha), relation=_RELATION[found.relation], why=str(found.relation))


def _rules_commit(repository: Repository, event: Event, base: Base) -> str | None:
    """Return the tip of the base branch: the first parent of a merge commit, otherwise the tip of the target branch."""
    if base.relation is Relation.FIRST_PARENT:
        return base.sha
    tip = repository.find(f"refs/remotes/origin/{event.base_ref or event.default_branch}")
    return tip or (repository.fetched(event.base_sha) if event.base_sha else base.sha)
