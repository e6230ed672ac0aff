"""The GitHub side of a job: the token, the commit that gets the status, and the pull request of the event."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gatebot.cli.artifact import gate_of
from gatebot.comparison.case import Approval
from gatebot.core.finding import Priority
from gatebot.errors import GateError, MachineError
from gatebot.github import approvals, conversation, outputs, status
from gatebot.github.api import Api
from gatebot.github.api_errors import ApiError
from gatebot.github.artifacts import runs_of_head
from gatebot.github.comment import Found, Mode, found_in
from gatebot.github.event import Event
from gatebot.github.publish import Target
from gatebot.github.pull import Pull, pull, pulls_with_head
from gatebot.github.run_order import RunOrder
from gatebot.run.context.projects import projects_in
from gatebot.run.context.rules_found import workspace_of


@dataclass(frozen=True, slots=True)
class GitHub:
    """The API, the event, and the target of the verdict."""

    api: Api
    event: Event
    target: Target


def api_of(event: Event, environ: Mapping[str, str]) -> Api:
    """Return the API with the action's token."""
    token = outputs.action_input(environ, "token") or environ.get("GITHUB_TOKEN", "")
    if token:
        print(outputs.mask(token), flush=True)
    return Api(token, event.repository, url=event.api_url)


def target_of(event: Event, environ: Mapping[str, str], arguments: argparse.Namespace) -> Target:
    """Return the target of this job's verdict: the head commit, with the status name of the branch's gate."""
    return Target(
        sha=event.head_sha or event.tested_sha,
        order=order_of(event),
        run_url=event.run.url,
        pull_number=event.pull_number,
        mode=Mode(outputs.action_input(environ, "comment", Mode.ON_CHANGE)),
        project=arguments.project,
        branch=event.other_branch,
        projects=_projects(event, environ, arguments),
        read_only=event.expects_read_only_token,
    )


def order_of(event: Event, evidence: tuple[int, int] | None = None) -> RunOrder:
    """Return the order of this run among all runs, from the run and attempt whose evidence it judges.

    Args:
        event: the event of this job.
        evidence: run and attempt of the evidence, if the event does not tell them.
    """
    judge = (event.run.id, event.run.attempt)
    triggered = (event.trigger.run_id, event.trigger.attempt) if event.trigger else judge
    return RunOrder(*(evidence or triggered), *judge)


def _projects(event: Event, environ: Mapping[str, str], arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return all projects of a repository with several; empty without a checkout, so that no common status is set."""
    if not arguments.project:
        return ()
    try:
        name, workspace = event.repository.partition("/")[2], workspace_of(environ)
        return projects_in(arguments.config, arguments.project, name, event.base_ref, workspace=workspace)
    except GateError as trouble:
        warn(f"the status {status.context_of(None, event.other_branch)!r} is left as it is: {trouble.message}")
        return ()


def pull_of(event: Event, api: Api) -> tuple[Event, Pull | None]:
    """Return the event with its pull request and head from the API, never from the output of a run.

    Raises:
        MachineError: several pull requests are possible.
        ApiError: a request failed; the subclass tells the cause.
    """
    proposal: Pull | None = None
    if event.trigger is not None:
        trigger = event.trigger
        found = pulls_with_head(api, trigger.head_sha, trigger.head_owner, trigger.head_branch)
        proposal = _only([each for each in found if each.is_fork == trigger.is_fork], trigger.head_sha)
    elif event.pull_number is not None and event.head_sha is None:
        proposal = pull(api, event.pull_number)
    elif event.pull_number is not None:
        return event, None
    if proposal is None:
        return event, None
    return replace(
        event,
        pull_number=proposal.number,
        head_sha=proposal.head_sha,
        base_ref=proposal.base_ref,
        base_sha=proposal.base_sha,
        is_fork=proposal.is_fork,
        is_first=proposal.is_first,
    ), proposal


def _only(found: Sequence[Pull], sha: str) -> Pull | None:
    """Return the pull request of a run. A branch may have several, into different bases, which cannot be told apart."""
    if len(found) > 1:
        listed = ", ".join(f"#{each.number} into {each.base_ref}" for each in found)
        raise MachineError(
            f"{sha[:12]} is the head of {len(found)} open pull requests ({listed}), and a run of a fork does not say"
            " which of them it is for",
            "close all but one of them, and run the gate again",
        )
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Said:
    """The approvals of a pull request's head, and gatebot's own comments, or None if unknown."""

    approvals: tuple[Approval, ...] = ()
    comments: tuple[Found, ...] | None = None


def said_on(event: Event, author: str, api: Api) -> Said:
    """Read approvals and comments of an event's pull request. If that fails, there are no approvals."""
    number, sha = event.pull_number, event.head_sha
    if number is None or sha is None:
        return Said()
    gate = gate_of(event.run.workflow_path)

    def since() -> datetime | None:
        runs = runs_of_head(api, gate, sha, event.repository_id, is_fork=event.is_fork) if gate else ()
        return min((run.created_at for run in runs), default=None)

    try:
        pull_conversation = conversation.read(api, number)
        accepted, refused = approvals.read(api, pull_conversation, approvals.Head(sha, author, since))
    except ApiError as trouble:
        print(outputs.command(outputs.Level.WARNING, str(trouble), title="approvals are unknown"))
        return Said()
    for refusal in refused:
        print(outputs.command(outputs.Level.NOTICE, f"{refusal.login}: {refusal.why}", title="acceptance not counted"))
    return Said(
        tuple(
            Approval(
                login=each.login,
                sha=each.sha,
                priority=Priority(each.priority) if each.priority else None,
                at=each.at,
                kind=each.kind,
                url=each.url,
                reason=each.reason,
            )
            for each in accepted
        ),
        tuple(found_in(pull_conversation.comments, {api.login})),
    )


def warn(text: str) -> None:
    """Print a warning that does not change the verdict."""
    print(outputs.command(outputs.Level.WARNING, text, title="gatebot"), flush=True)
