"""Judges stored evidence again: when somebody has approved, and for forks, whose code ran in a job without secrets."""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gatebot import run as whole
from gatebot.case import Case
from gatebot.cli.artifact import fetch_run
from gatebot.cli.job import api_of, approvals_of, reported, say, target_of
from gatebot.cli.situation import stores_of
from gatebot.errors import ExitCode, MachineError
from gatebot.gate import Gated
from gatebot.github import status
from gatebot.github.api import Api
from gatebot.github.event import Event
from gatebot.github.pull import Pull, changed_paths, pull, pulls_with_head
from gatebot.needs import Side
from gatebot.occasion.actions import of_pull
from gatebot.occasion.occasion import Occasion
from gatebot.publish import Target
from gatebot.verdict.judge import judge

_RUN = re.compile(r"/actions/runs/(\d+)")


def judge_again(arguments: argparse.Namespace, environ: Mapping[str, str], event: Event) -> int:
    """Judge what a run has left. This job has checked out the base branch, and nothing of head."""
    with api_of(event, environ) as api:
        proposal = _pull(event, api)
        if proposal is None or not proposal.is_open:
            print("there is no open pull request to judge again")
            return ExitCode.PASS
        event = replace(event, pull_number=proposal.number, head_sha=proposal.head_sha)
        target = target_of(event, environ, proposal.head_sha, arguments.project)
        run_id = event.trigger.run_id if event.trigger else _judged_by(api, target)
        if run_id is None:
            print(f"{proposal.head_sha[:12]} has not been judged yet: there is nothing to judge again")
            return ExitCode.PASS
        with TemporaryDirectory(prefix="gatebot-again-") as scratch, reported(api, target):
            case = _case(arguments, environ, event, proposal, api=api, stored=_Stored(run_id, Path(scratch)))
            report = judge(case)
            whole.leave(Gated(case, report), arguments.out)
        return say(report, arguments, environ, target, api)


def _pull(event: Event, api: Api) -> Pull | None:
    """The pull request, from the event or from the API; never from what a run has left."""
    if event.pull_number is not None:
        return pull(api, event.pull_number)
    trigger = event.trigger
    if trigger is None:
        return None
    found = pulls_with_head(api, trigger.head_sha, trigger.head_owner, trigger.head_branch)
    return found[0] if found else None


def _judged_by(api: Api, target: Target) -> int | None:
    """The run whose status stands on the head commit."""
    for known in status.latest(api, target.sha):
        if known.context == target.context and (found := _RUN.search(known.url)):
            return int(found[1])
    return None


@dataclass(frozen=True, slots=True)
class _Stored:
    """What a run has left, to be fetched into a folder."""

    run_id: int
    scratch: Path

    def fetch(self, api: Api, project: str) -> Case:
        """The Case as the run saw it."""
        folder = self.scratch / "run"
        fetch_run(api, self.run_id, project, folder)
        base = folder / Side.BASE
        return whole.stored_case(folder / Side.HEAD, base if base.is_dir() else None)


def _case(
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
    event: Event,
    proposal: Pull,
    *,
    api: Api,
    stored: _Stored,
) -> Case:
    """The stored evidence. Of a fork's run nothing but head's evidence counts: the rest comes from trusted places."""

    def occasion(base: str = "") -> Occasion:
        return of_pull(
            arguments.config,
            event,
            proposal,
            datetime.now(UTC),
            paths=paths,
            base=base,
            project=arguments.project,
            approvals=accepted,
        )

    accepted = approvals_of(proposal.number, api)
    paths = changed_paths(api, proposal.number)
    said = stored.fetch(api, occasion().facts.project)
    if not proposal.is_fork:
        return Case(said.facts.model_copy(update={"approvals": accepted}), said.head, said.base)
    here = occasion(said.facts.chosen.sha or "")
    places = whole.Places(arguments.out, stored.scratch / "cache")
    facts, base = whole.stored_base(here, places, stores_of(here, environ, api, event))
    if said.head is None or base is None:
        raise MachineError(
            f"run {stored.run_id} or main has left no evidence: {facts.chosen.why}",
            "push to the default branch, so that it has a baseline, and run the gate again",
        )
    facts = facts.model_copy(update={"effort": said.facts.effort, "costs": said.facts.costs})
    return Case(facts, replace(said.head, truth=None), base)
