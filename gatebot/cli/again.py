"""Judges stored evidence again: when somebody has approved, and for forks, whose code ran in a job without secrets."""

import argparse
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gatebot import output
from gatebot.case import Case
from gatebot.cli.artifact import fetch_run, has_evidence
from gatebot.cli.hub import Hub, api_of, pull_of, target_of, warn
from gatebot.cli.job import approvals_of, leave_and_show, say, summarised
from gatebot.cli.situation import stores_of
from gatebot.errors import ExitCode, MachineError, UsageError
from gatebot.github import status
from gatebot.github.api import Api
from gatebot.github.event import Event, Kind
from gatebot.github.pull import Pull, changed_paths, pull
from gatebot.needs import Side
from gatebot.occasion.actions import of_pull
from gatebot.occasion.occasion import Occasion
from gatebot.publish import Target, announced
from gatebot.rejudge import trusted_case, untrusted_case
from gatebot.report import Report
from gatebot.run import Places
from gatebot.sandbox import terminate_as_interrupt
from gatebot.verdict.judge import judge

_RUN = re.compile(r"/actions/runs/(\d+)")


def judge_again(
    arguments: argparse.Namespace, environ: Mapping[str, str], event: Event, *, publishes: bool = True
) -> int:
    """Judge what a run has left. This job has checked out the base branch, and nothing of head.

    Args:
        arguments: of the command.
        environ: of the job.
        event: of the job.
        publishes: say the verdict on GitHub; else leave it for `gatebot publish` in another job.
    """
    with terminate_as_interrupt(), summarised(environ), api_of(event, environ) as api:
        event, proposal = pull_of(event, api)
        if proposal is None and event.kind is Kind.REVIEW and event.pull_number is not None:
            proposal = pull(api, event.pull_number)
        if proposal is None or not proposal.is_open or proposal.head_sha != event.head_sha:
            print("there is no open pull request at this commit to judge again")
            return ExitCode.PASS
        hub = Hub(api, event, target_of(event, environ, arguments))
        again = _Again(arguments, environ, hub, proposal)
        run_ids = again.runs()
        if not run_ids:
            print(f"{proposal.head_sha[:12]} has not been judged yet, or needs no second judgement")
            return ExitCode.PASS
        with _bracket(hub, publishes=publishes):
            report = again.judged(run_ids)
            texts = leave_and_show(report, arguments)
        return say(report, texts, arguments, environ, hub) if publishes else report.exit_code


@contextmanager
def _bracket(hub: Hub, *, publishes: bool) -> Iterator[None]:
    """A fork's commit bears no status yet: it must not stay without. Any other's stands until there is a new one."""
    if publishes and hub.event.kind is Kind.WORKFLOW_RUN:
        with announced(hub.target, hub.api, warn):
            yield
    else:
        yield


@dataclass(frozen=True, slots=True)
class _Again:
    """One second judgement."""

    arguments: argparse.Namespace
    environ: Mapping[str, str]
    hub: Hub
    proposal: Pull

    def runs(self) -> list[int]:
        """The runs that may have left evidence of the head commit, the likeliest first."""
        event, target = self.hub.event, self.hub.target
        if event.trigger is None:
            return [run_id for run_id in _judged_by(self.hub.api, target) if run_id != event.run.id]
        known = {said.context: said for said in status.latest(self.hub.api, target.sha)}.get(target.context)
        own = _RUN.search(known.url) if known is not None and known.state is not status.State.PENDING else None
        return [] if own is not None and int(own[1]) == event.trigger.run_id else [event.trigger.run_id]

    def judged(self, run_ids: list[int]) -> Report:
        """The new Report; it and its evidence are left in the output folder."""
        with TemporaryDirectory(prefix="gatebot-again-") as scratch:
            case = self._case(run_ids, Path(scratch))
            report = judge(case)
            output.forget(self.arguments.out)
            output.leave(case, report, self.arguments.out)
        return report

    def _case(self, run_ids: list[int], scratch: Path) -> Case:
        """The stored evidence, as far as it counts."""
        api, event = self.hub.api, self.hub.event
        accepted = approvals_of(self.proposal, api)
        paths = changed_paths(api, self.proposal.number)

        def occasion(base: str = "") -> Occasion:
            return of_pull(
                self.arguments.config,
                event,
                self.proposal,
                datetime.now(UTC),
                paths=paths,
                base=base,
                project=self.arguments.project,
                approvals=accepted,
            )

        said = _stored(api, run_ids, occasion().facts.project, scratch / "run")
        if not self.proposal.is_fork:
            return trusted_case(said, self.proposal.head_sha, accepted)
        here = occasion(said.facts.chosen.sha or "")
        places = Places(self.arguments.out, scratch / "cache", shared=True)
        return untrusted_case(said, here, places, stores_of(here, self.environ, api, event))


def _judged_by(api: Api, target: Target) -> list[int]:
    """The runs whose statuses stand or stood on the head commit, the newest first."""
    said = [known for known in status.history(api, target.sha) if known.context == target.context]
    found = [int(match[1]) for known in said if (match := _RUN.search(known.url))]
    return list(dict.fromkeys(found))


def _stored(api: Api, run_ids: list[int], project: str, folder: Path) -> Case:
    """The Case as one of these runs saw it: the first that has left evidence.

    Raises:
        MachineError: none has, or it cannot be used.
        ApiError: by cause.
    """
    run_id = next((each for each in run_ids if has_evidence(api, each, project)), run_ids[0])
    for missing in fetch_run(api, run_id, project, folder):
        warn(missing)
    base = folder / Side.BASE
    try:
        return output.stored_case(folder / Side.HEAD, base if (base / "snapshot").is_dir() else None)
    except UsageError as error:  # the folder is ours, so what is wrong with it came from the run
        raise MachineError(f"the evidence of run {run_id} cannot be used", "run the gate again") from error
