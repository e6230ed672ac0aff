"""What `run` and `collect` share: the options that say where, and the run context that they lead to."""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from gatebot.baseline.choice import SECRETS as STORE_SECRETS
from gatebot.baseline.choice import open_store
from gatebot.baseline.store import Store
from gatebot.cli.artifact import artifact_store
from gatebot.cli.progress import progress_for
from gatebot.collect.progress import Progress
from gatebot.github.api import Api
from gatebot.github.event import Event
from gatebot.repository import own_folder
from gatebot.repository.own_folder import chosen
from gatebot.run import whole_run
from gatebot.run.context.from_git import local
from gatebot.run.context.rules_found import absolute, workspace_of
from gatebot.run.context.run_context import RunContext
from gatebot.run.output import forget
from gatebot.sandbox import terminate_as_interrupt

SECRETS = (
    "INPUT_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    *STORE_SECRETS,
)
"""Variables of this process that no code of a user may ever come near."""


class JobContext(NamedTuple):
    """One run, ready to start."""

    run_context: RunContext
    places: whole_run.Places
    stores: Sequence[Store]
    progress: Progress


@contextmanager
def job_context(arguments: argparse.Namespace) -> Iterator[JobContext]:
    """The situation of this laptop, with progress as long as the block lasts."""
    given = given_base(arguments.base, os.environ)
    run_context = local(
        arguments.config,
        None if given else arguments.base,
        datetime.now(UTC),
        as_baseline=arguments.as_baseline,
        isolation=arguments.isolation,
        project=arguments.project,
        out=arguments.out,
    )
    places = places_of(run_context, arguments.out, given, os.environ)
    stores = stores_of(run_context, os.environ)
    with terminate_as_interrupt(), progress_for(quiet=arguments.quiet) as progress:
        yield JobContext(run_context, places, stores, progress)


def given_base(base: str | None, environ: Mapping[str, str]) -> Path | None:
    """The folder with a Snapshot that `--base` names, or None where it names a git reference.

    In a workflow job no folder of the checkout is one: a commit can name its folders as branches are named.

    Raises:
        UsageError: a commit could have put the folder there.
    """
    workspace = workspace_of(environ)
    if not base or not Path(base, "snapshot").is_dir():
        return None
    if workspace is not None and absolute(Path(base)).is_relative_to(workspace):
        return None
    return own_folder.require_owned(Path(base))


def emptied(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Path:
    """The output folder of a workflow job: however the run ends, nothing from before is uploaded as its evidence.

    Raises:
        UsageError: it is not gatebot's.
        MachineError: it cannot be emptied, or is not here.
    """
    out = chosen(arguments.out, environ)
    if given_base(arguments.base, environ) is None:  # which may lie in it
        forget(out)
    return out


def places_of(run_context: RunContext, out: Path, given: Path | None, environ: Mapping[str, str]) -> whole_run.Places:
    """Where this run writes.

    Raises:
        UsageError: what stands there is not gatebot's.
        MachineError: no folder of a workflow job's own is here.
    """
    kept = own_folder.cache(environ, run_context.root / run_context.folder)
    return whole_run.Places(out=out, cache=kept, given_base=given)


def stores_of(
    run_context: RunContext, environ: Mapping[str, str], api: Api | None = None, event: Event | None = None
) -> tuple[Store, ...]:
    """The store that the Rules name; workflow artifacts can be reached from a workflow job only."""
    rules, project = run_context.facts.rules.baseline, run_context.facts.project
    if rules.from_ == "artifact":
        if api is None or event is None:
            return ()
        return (artifact_store(api, event, project, rules.max_age),)
    store = open_store(rules.from_, rules.location, project, run_context.root, environ)
    return () if store is None else (store,)
