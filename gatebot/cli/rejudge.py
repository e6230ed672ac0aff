"""Judges stored evidence again: after approvals, and for forks, whose code ran in a job without secrets."""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from gatebot.cli.artifact import fetch_run, gate_of, made_at
from gatebot.cli.context import stores_of
from gatebot.cli.exit import leave_and_show, say, summarised
from gatebot.cli.github import GitHub, api_of, order_of, pull_of, said_on, target_of, warn
from gatebot.comparison.case import Approval, Case
from gatebot.core.report import Report
from gatebot.decide.judge import judge
from gatebot.errors import ExitCode, MachineError, UsageError
from gatebot.evidence.need import Side
from gatebot.github import status
from gatebot.github.api import Api
from gatebot.github.artifacts import runs_of_head
from gatebot.github.event import Event, Kind
from gatebot.github.publish import SupersededError, announced
from gatebot.github.pull import Pull, changed_paths, pull
from gatebot.run import output
from gatebot.run.context.from_github import of_pull
from gatebot.run.context.run_context import RunContext
from gatebot.run.places import Places
from gatebot.run.rejudge import trusted_case, untrusted_case
from gatebot.sandbox import terminate_as_interrupt


def judge_again(
    arguments: argparse.Namespace, environ: Mapping[str, str], event: Event, *, publishes: bool = True
) -> int:
    """Judge the evidence of an earlier run. This job has checked out the base branch, and nothing of head.

    Args:
        arguments: the arguments of the command.
        environ: the environment of the job.
        event: the event of the job.
        publishes: whether to publish the verdict; if not, `gatebot publish` in another job does.
    """
    with terminate_as_interrupt(), summarised(environ), api_of(event, environ) as api:
        event, proposal = pull_of(event, api)
        if proposal is None and event.kind is Kind.REVIEW and event.pull_number is not None:
            proposal = pull(api, event.pull_number)
        meant = (event.head_sha, event.base_ref)
        if proposal is None or not proposal.is_open or (proposal.head_sha, proposal.base_ref) != meant:
            print("there is no open pull request at this commit to judge again")
            return ExitCode.PASS
        github = GitHub(api, event, target_of(event, environ, arguments))
        again = _Again(arguments, environ, github, proposal, datetime.now(UTC))
        run = again.run()
        if run is None:
            print(f"{proposal.head_sha[:12]} has not been judged yet, or needs no second judgement")
            return ExitCode.PASS
        github = replace(github, target=replace(github.target, order=order_of(event, run)))
        try:
            with _bracket(github, publishes=publishes):
                report = again.judged(run[0])
                texts = leave_and_show(report, arguments)
        except SupersededError as newer:
            warn(f"nothing was judged: {newer.message}")
            return ExitCode.PASS
        return say(report, texts, arguments, environ, github) if publishes else report.exit_code


@contextmanager
def _bracket(github: GitHub, *, publishes: bool) -> Iterator[None]:
    """Make sure that the commit of a fork gets a status, because it has none yet.

    The commits of other pull requests keep their status until there is a new one.
    """
    if publishes and github.event.kind is Kind.WORKFLOW_RUN:
        with announced(github.target, github.api, warn):
            yield
    else:
        yield


@dataclass(frozen=True)
class _Again:
    """One second judgement. Results of GitHub requests are cached."""

    arguments: argparse.Namespace
    environ: Mapping[str, str]
    github: GitHub
    proposal: Pull
    now: datetime

    def run(self) -> tuple[int, int] | None:
        """Return the run and attempt with the head commit's evidence, or None if there is nothing to judge again."""
        event, place = self.github.event, self.github.target.place
        log = status.read(self.github.api, place)
        word = log.word(place.context)
        if event.trigger is None:
            return None if word is None else self._left_by()
        meant = (event.trigger.run_id, event.trigger.attempt)
        known = None if word is None or word.is_running else log.order(word)
        return None if known is not None and (known.run_id, known.attempt) == meant else meant

    def _left_by(self) -> tuple[int, int] | None:
        """Return the newest of the gate's runs for the head commit that has evidence, or else the newest run."""
        api, event, proposal = self.github.api, self.github.event, self.proposal
        gate = gate_of(event.run.workflow_path)
        found = runs_of_head(api, gate, proposal.head_sha, event.repository_id, is_fork=proposal.is_fork)
        for run in found:
            made = made_at(api, run.id, self.project)
            if made is not None:
                return run.id, run.attempt_at(made)
        return (found[0].id, found[0].attempt) if found else None

    @property
    def project(self) -> str:
        """The name of the project."""
        return self.run_context().facts.project

    def judged(self, run_id: int) -> Report:
        """Return the new Report, after writing it and its evidence to the output folder."""
        with TemporaryDirectory(prefix="gatebot-again-") as scratch:
            case = self._case(run_id, Path(scratch))
            report = output.without_secrets(judge(case))
            output.forget(self.arguments.out)
            output.leave(case, report, self.arguments.out)
        return report

    def _case(self, run_id: int, scratch: Path) -> Case:
        """Return the stored evidence, reduced to what can be trusted."""
        api, event = self.github.api, self.github.event
        stored = _stored(api, run_id, self.project, scratch / "run")
        if not self.proposal.is_fork:
            return trusted_case(stored, self.proposal.head_sha, self.github.target.branch, self.accepted)
        here = self.run_context(stored.facts.chosen.sha or "")
        places = Places(self.arguments.out, scratch / "cache", shared=True)
        return untrusted_case(stored, here, places, stores_of(here, self.environ, api, event))

    def run_context(self, base: str = "") -> RunContext:
        """Return the run context of the pull request from trusted sources; `base` is the base that head claims."""
        return of_pull(
            self.arguments.config,
            self.github.event,
            self.proposal,
            self.now,
            paths=self.paths,
            base=base,
            project=self.arguments.project,
            approvals=self.accepted,
        )

    @cached_property
    def accepted(self) -> tuple[Approval, ...]:
        """The approvals of the head."""
        return said_on(self.github.event, self.proposal.author, self.github.api).approvals

    @cached_property
    def paths(self) -> frozenset[str] | None:
        """The paths that the pull request changes.

        GitHub reports them for the pull request, not for a commit. If the head or the base branch changes during the
        request, one commit would be judged by the paths of another.

        Raises:
            MachineError: head or base changed.
        """
        api, number, meant = self.github.api, self.proposal.number, self.proposal
        found, now = changed_paths(api, number), pull(api, number)
        if (now.head_sha, now.base_ref) != (meant.head_sha, meant.base_ref):
            raise MachineError(
                f"pull request {number} was changed while {meant.head_sha[:12]} was judged",
                "nothing to do: the run for what it is now judges that",
            )
        return found


def _stored(api: Api, run_id: int, project: str, folder: Path) -> Case:
    """Return the Case as a run stored it.

    Raises:
        MachineError: the run stored none, or none that can be used.
        ApiError: a request failed; the subclass tells the cause.
    """
    for missing in fetch_run(api, run_id, project, folder):
        warn(missing)
    base = folder / Side.BASE
    try:
        return output.stored_case(folder / Side.HEAD, base if (base / "snapshot").is_dir() else None)
    except UsageError as error:  # gatebot made the folder, so an invalid file came from the run
        raise MachineError(f"the evidence of run {run_id} cannot be used", "run the gate again") from error
