"""Reads the event of an Actions job, from the environment and the payload, into one immutable value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, assert_never

from pydantic import TypeAdapter, ValidationError

from gatebot.errors import UsageError
from gatebot.github import payload as hook
from gatebot.github.environment import checked, number, payload_at, variable
from gatebot.github.pull import NEWCOMERS

NO_COMMIT = "0" * 40
DEPENDABOT = "dependabot[bot]"


class Kind(StrEnum):
    """The events that gatebot supports."""

    PULL_REQUEST = "pull_request"
    PUSH = "push"
    MERGE_GROUP = "merge_group"
    DISPATCH = "workflow_dispatch"
    SCHEDULE = "schedule"
    WORKFLOW_RUN = "workflow_run"
    COMMENT = "issue_comment"
    REVIEW = "pull_request_review"


@dataclass(frozen=True, slots=True)
class Run:
    """The workflow run of this process."""

    id: int
    attempt: int
    url: str
    workflow_path: str
    """Path of the workflow's file, e.g. `.github/workflows/gatebot.yml`; empty if the server does not provide it."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """The finished run that triggered this one (`workflow_run`). All its values are untrusted."""

    run_id: int
    attempt: int
    event: str
    conclusion: str
    head_sha: str
    head_branch: str
    head_owner: str
    head_repository_id: int
    workflow_path: str
    is_fork: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An event, its repository, and the commits that it concerns.

    Attributes:
        action: what happened to the subject (`opened`, `synchronize`, ...); empty if the event has no action.
        ref: the full git reference of the run.
        head_sha: the commit that gets the status; None if only the API knows it (comments) or the branch was deleted.
        tested_sha: the commit that the workflow checks out by default: a merge commit on pull requests.
        base_ref: the branch to merge into, without `refs/heads/`; empty outside pull requests and merge groups.
        base_sha: the tip of the base branch in the payload; on a push the previous tip of the branch, or empty.
        pull_number: None if no pull request is involved.
        author: author of the pull request, with upper and lower case as on GitHub; may be empty.
        is_fork: the code comes from another repository.
        is_first: the author has had nothing merged in this repository before, according to GitHub.
        actor: account that caused the event.
    """

    kind: Kind
    action: str
    repository: str
    repository_id: int
    default_branch: str
    ref: str
    run: Run
    api_url: str
    server_url: str
    actor: str
    head_sha: str | None
    tested_sha: str
    base_ref: str = ""
    base_sha: str = ""
    pull_number: int | None = None
    author: str = ""
    is_fork: bool = False
    is_first: bool = False
    is_draft: bool = False
    is_deletion: bool = False
    trigger: Trigger | None = None

    @property
    def on_default_branch(self) -> bool:
        """Whether the tested commit is on the default branch, where baselines are created."""
        match self.kind:
            case Kind.PUSH | Kind.DISPATCH | Kind.SCHEDULE:
                return not self.is_deletion and self.ref == f"refs/heads/{self.default_branch}"
            case Kind.PULL_REQUEST | Kind.MERGE_GROUP | Kind.WORKFLOW_RUN | Kind.COMMENT | Kind.REVIEW:
                return False
        assert_never(self.kind)

    @property
    def other_branch(self) -> str:
        """The branch to merge into if it is not the default branch, otherwise empty; it has its own Rules."""
        return "" if self.base_ref == self.default_branch else self.base_ref

    @property
    def expects_read_only_token(self) -> bool:
        """Whether GitHub gives a read-only token regardless of `permissions:`, as for forks and Dependabot."""
        of_a_change = self.kind in (Kind.PULL_REQUEST, Kind.REVIEW, Kind.PUSH)
        return of_a_change and (self.is_fork or self.actor == DEPENDABOT)


class Relation(StrEnum):
    """How base was chosen."""

    FIRST_PARENT = "first parent of the tested merge commit"
    GROUP_PARENT = "parent of the merge group"
    PREVIOUS = "previous commit of the branch"
    MERGE_BASE = "merge base with the target branch"


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that head is compared with."""

    sha: str
    relation: Relation


def base_of(
    event: Event, tested_sha: str, first_parent: Callable[[str], str], merge_base: Callable[[str, str], str]
) -> Base:
    """Determine the base commit from the commit that was actually checked out.

    Base is the parent of a merge commit or merge group, and the merge base of a branch tip with its target. A branch
    tip that is a merge (main was merged into the branch) is still a branch tip.

    Args:
        event: the event.
        tested_sha: the commit in the work tree, which may differ from `event.tested_sha`.
        first_parent: returns the first parent of a commit.
        merge_base: returns the merge base of two commits.
    """
    if event.kind is Kind.MERGE_GROUP and tested_sha == event.head_sha:
        return Base(event.base_sha, Relation.GROUP_PARENT)
    if event.on_default_branch:
        return Base(first_parent(tested_sha), Relation.PREVIOUS)
    if event.kind in (Kind.PULL_REQUEST, Kind.REVIEW) and tested_sha != event.head_sha:
        return Base(first_parent(tested_sha), Relation.FIRST_PARENT)
    of_pull = event.pull_number is not None and event.base_sha  # on a push it is the previous tip
    target = event.base_sha if of_pull else f"refs/remotes/origin/{event.default_branch}"
    return Base(merge_base(tested_sha, target), Relation.MERGE_BASE)


def read(environ: Mapping[str, str]) -> Event:
    """Read the event of this Actions job.

    Raises:
        UsageError: This is not an Actions job, the event is not supported, or the payload is malformed.
    """
    name = variable(environ, "GITHUB_EVENT_NAME")
    try:
        kind = Kind(name)
    except ValueError:
        raise UsageError(f"gatebot does not serve the event {name[:60]!r}", _hint_for(name)) from None
    raw = payload_at(Path(variable(environ, "GITHUB_EVENT_PATH")))
    server = environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    repository = checked(environ, "GITHUB_REPOSITORY", _FULL_NAME)
    event = Event(
        kind=kind,
        action="",
        repository=repository,
        repository_id=number(environ, "GITHUB_REPOSITORY_ID"),
        default_branch="",
        ref=checked(environ, "GITHUB_REF", _REF),
        run=_run(environ, server, repository),
        api_url=environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
        server_url=server,
        actor=environ.get("GITHUB_ACTOR", ""),
        head_sha=None,
        tested_sha=checked(environ, "GITHUB_SHA", _SHA),
    )
    filled = _FILL[kind](event, raw)
    if not filled.default_branch:
        raise UsageError(f"the {kind} payload does not name the repository's default branch")
    return filled


def _of_pull(event: Event, raw: object) -> Event:
    payload = _parse(hook.PullPayload, raw, event)
    pull = payload.pull_request
    return replace(
        _common(event, payload),
        head_sha=pull.head.sha,
        base_ref=pull.base.ref,
        base_sha=pull.base.sha,
        pull_number=pull.number,
        author=pull.user.login if pull.user else "",
        is_fork=pull.head.repo is None or pull.head.repo.id != event.repository_id,
        is_first=pull.author_association in NEWCOMERS,
        is_draft=pull.draft,
    )


def _of_push(event: Event, raw: object) -> Event:
    payload = _parse(hook.PushPayload, raw, event)
    deleted = payload.deleted or payload.after == NO_COMMIT
    return replace(
        _common(event, payload),
        ref=payload.ref,
        head_sha=None if deleted else payload.after,
        base_sha="" if payload.before == NO_COMMIT else payload.before,
        is_deletion=deleted,
    )


def _of_group(event: Event, raw: object) -> Event:
    payload = _parse(hook.MergeGroupPayload, raw, event)
    group = payload.merge_group
    base_ref = group.base_ref.removeprefix("refs/heads/")
    return replace(_common(event, payload), head_sha=group.head_sha, base_ref=base_ref, base_sha=group.base_sha)


def _of_timer(event: Event, raw: object) -> Event:
    payload = _parse(hook.TimerPayload, raw, event)
    if payload.repository is not None:
        event = _common(event, hook.Payload(repository=payload.repository, sender=payload.sender))
    if not event.default_branch and event.kind is Kind.SCHEDULE:  # schedules run on the default branch only
        event = replace(event, default_branch=event.ref.removeprefix("refs/heads/"))
    return replace(event, head_sha=event.tested_sha)


def _of_workflow_run(event: Event, raw: object) -> Event:
    payload = _parse(hook.WorkflowRunPayload, raw, event)
    run = payload.workflow_run
    home = run.head_repository.id if run.head_repository else 0
    owner = (run.head_repository.full_name if run.head_repository else None) or event.repository
    # older servers send the path in the second place
    path = run.path or (payload.workflow.path if payload.workflow else "")
    trigger = Trigger(
        run_id=run.id,
        attempt=run.run_attempt,
        event=run.event,
        conclusion=run.conclusion or "",
        head_sha=run.head_sha,
        head_branch=run.head_branch or "",
        head_owner=owner.partition("/")[0],
        head_repository_id=home,
        workflow_path=path.partition("@")[0],
        is_fork=home != event.repository_id,
    )
    return replace(_common(event, payload), head_sha=run.head_sha, is_fork=trigger.is_fork, trigger=trigger)


def _of_comment(event: Event, raw: object) -> Event:
    payload = _parse(hook.CommentPayload, raw, event)
    issue = payload.issue
    return replace(
        _common(event, payload),
        pull_number=issue.number if issue.pull_request else None,
        author=issue.user.login if issue.user else "",
    )


_FILL: dict[Kind, Callable[[Event, object], Event]] = {
    Kind.PULL_REQUEST: _of_pull,
    Kind.REVIEW: _of_pull,
    Kind.PUSH: _of_push,
    Kind.MERGE_GROUP: _of_group,
    Kind.DISPATCH: _of_timer,
    Kind.SCHEDULE: _of_timer,
    Kind.WORKFLOW_RUN: _of_workflow_run,
    Kind.COMMENT: _of_comment,
}
_SHA: TypeAdapter[str] = TypeAdapter(hook.Sha)
_REF: TypeAdapter[str] = TypeAdapter(hook.RefName)
_FULL_NAME: TypeAdapter[str] = TypeAdapter(hook.FullName)


def _common(event: Event, payload: hook.Payload) -> Event:
    home = payload.repository
    if (home.id, home.full_name.lower()) != (event.repository_id, event.repository.lower()):
        raise UsageError(
            f"the payload is about {home.full_name} ({home.id}), the job runs in"
            f" {event.repository} ({event.repository_id})",
            "GITHUB_EVENT_PATH must be the file that the runner wrote.",
        )
    return replace(
        event,
        action=payload.action,
        default_branch=home.default_branch or "",
        actor=event.actor or (payload.sender.login if payload.sender else ""),
    )


P = TypeVar("P", bound=hook.Part)


def _parse(model: type[P], raw: object, event: Event) -> P:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        faults = [f"{'.'.join(str(step) for step in e['loc']) or 'payload'}: {e['msg']}" for e in error.errors()]
        shown = "; ".join(faults[:3])
        raise UsageError(
            f"the {event.kind} payload is not what GitHub sends ({shown})",
            "GITHUB_EVENT_PATH must be the file that the runner wrote.",
        ) from None


def _run(environ: Mapping[str, str], server: str, repository: str) -> Run:
    run_id, attempt = number(environ, "GITHUB_RUN_ID"), number(environ, "GITHUB_RUN_ATTEMPT", default=1)
    # owner/repository/.github/workflows/gatebot.yml@refs/heads/main
    path = environ.get("GITHUB_WORKFLOW_REF", "").removeprefix(f"{repository}/").partition("@")[0]
    url = f"{server}/{repository}/actions/runs/{run_id}/attempts/{attempt}"
    return Run(id=run_id, attempt=attempt, url=url, workflow_path=path)


def _hint_for(name: str) -> str:
    if name == "pull_request_target":
        return "It holds a write token next to code from a fork: use pull_request, and workflow_run to publish."
    return f"Served events: {', '.join(Kind)}."
