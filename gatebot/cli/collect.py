"""`gatebot collect`: trains and predicts, and leaves evidence. Needs no token and decides nothing."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gatebot.cli import run as whole_run
from gatebot.errors import UsageError

if TYPE_CHECKING:
    from gatebot.cli.context import JobContext


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = "example:\n  gatebot collect --base main --out .gatebot\n"
    whole_run.add_place_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Collect what every enabled check needs."""
    from gatebot.cli.context import emptied
    from gatebot.comparison.case import Case
    from gatebot.decide.judge import NOTHING_TO_JUDGE
    from gatebot.github.outputs import in_actions
    from gatebot.repository.own_folder import chosen
    from gatebot.run.gate import gather
    from gatebot.run.output import forget, leave_evidence
    from gatebot.run.whole_run import collecting

    arguments.out = emptied(arguments, os.environ) if in_actions(os.environ) else chosen(arguments.out, os.environ)
    with _situation(arguments) as (run_context, places, stores, progress):
        if NOTHING_TO_JUDGE & set(run_context.facts.states):
            forget(places.out)
            gathered = Case(run_context.facts)
        else:
            with collecting(run_context, places, stores, progress) as (case, collector):
                forget(places.out)
                gathered = gather(case, collector, as_baseline=run_context.as_baseline)
        leave_evidence(gathered, places.out)
    print(f"evidence is in {places.out}")
    return 0


@contextmanager
def _situation(arguments: argparse.Namespace) -> "Iterator[JobContext]":
    """Yield the run context of this machine, or of the event of this workflow job."""
    from gatebot.cli.context import job_context
    from gatebot.github.outputs import in_actions

    if not in_actions(os.environ):
        with job_context(arguments) as here:
            yield here
        return
    from gatebot.cli.github import api_of, said_on
    from gatebot.cli.job import AFTERWARDS, situation_in
    from gatebot.github import event as events
    from gatebot.sandbox import terminate_as_interrupt

    event = events.read(os.environ)
    if event.is_deletion or event.kind in AFTERWARDS:
        raise UsageError(f"there is nothing to collect for the event {event.kind}", "Use `gatebot run`.")
    with (
        terminate_as_interrupt(),
        api_of(event, os.environ) as api,
        situation_in(arguments, os.environ, event, api, said_on(event, event.author, api).approvals) as here,
    ):
        yield here
