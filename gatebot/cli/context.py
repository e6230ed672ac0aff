"""The shared parts of `run` and `collect`: options for places, and the run context that they produce."""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from gatebot.baseline.chosen_store import SECRETS as STORE_SECRETS
from gatebot.baseline.chosen_store import open_store
from gatebot.baseline.store import Store
from gatebot.cli.artifact import artifact_store
from gatebot.cli.progress import progress_for
from gatebot.collect.progress import Progress
from gatebot.github.api import Api
from gatebot.github.event import Event
from gatebot.repository import own_folder
from gatebot.repository.own_folder import chosen
from gatebot.run.context.from_git import local
from gatebot.run.context.rules_found import absolute, workspace_of
from gatebot.run.context.run_context import RunContext
from gatebot.run.output import forget
from gatebot.run.places import Places
from gatebot.sandbox import terminate_as_interrupt

SECRETS = (
    "INPUT_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    *STORE_SECRETS,
)
"""Environment variables of this process that user code must never see."""


class JobContext(NamedTuple):
    """Everything that one run needs to start."""

    run_context: RunContext
    places: Places
    stores: Sequence[Store]
    progress: Progress


@contextmanager
def job_context(arguments: argparse.Namespace) -> Iterator[JobContext]:
    """Yield the run context of this machine, with progress while the block runs."""
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
    """Return the folder with a Snapshot that `--base` names, or None if it names a git reference.

    In a workflow job, folders of the checkout are ignored, because a commit can name its folders like branches.

    Raises:
        UsageError: a commit could have made the folder.
    """
    workspace = workspace_of(environ)
    if not base or not Path(base, "snapshot").is_dir():
        return None
    if workspace is not None and absolute(Path(base)).is_relative_to(workspace):
        return None
    return own_folder.require_owned(Path(base))


def emptied(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Path:
    """Empty the output folder of a workflow job, so that no older file is uploaded as evidence of this run.

    Raises:
        UsageError: the folder is not gatebot's.
        MachineError: it cannot be emptied, or the job's own folder is missing.
    """
    out = chosen(arguments.out, environ)
    if given_base(arguments.base, environ) is None:  # --base may name a folder inside of it
        forget(out)
    return out


def places_of(run_context: RunContext, out: Path, given: Path | None, environ: Mapping[str, str]) -> Places:
    """Return the folders that this run writes to.

    Raises:
        UsageError: an existing folder is not gatebot's.
        MachineError: the workflow job's own folder is missing.
    """
    kept = own_folder.cache(environ, run_context.root / run_context.folder)
    return Places(out=out, cache=kept, given_base=given)


def stores_of(
    run_context: RunContext, environ: Mapping[str, str], api: Api | None = None, event: Event | None = None
) -> tuple[Store, ...]:
    """Return the store that the Rules name. Workflow artifacts are available in workflow jobs only."""
    rules, project = run_context.facts.rules.baseline, run_context.facts.project
    if rules.from_ == "artifact":
        if api is None or event is None:
            return ()
        return (artifact_store(api, event, project, rules.max_age),)
    store = open_store(rules.from_, rules.location, project, run_context.root, environ)
    return () if store is None else (store,)
