"""Checks this machine and this repository, with one line for each requirement of a run."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gatebot import __version__
from gatebot.core import processes
from gatebot.errors import ExitCode, GateError

if TYPE_CHECKING:
    from gatebot.comparison.case import Anchor
    from gatebot.config.document import Document, Rules
    from gatebot.evidence.snapshot import Snapshot
    from gatebot.evidence.truth import Truth
    from gatebot.sandbox import Reach

OLDEST = (3, 8)
SEES = "Harmless changes may then end undecided. `gatebot power` tells what rows, seeds or margin would do."


@dataclass(frozen=True, slots=True)
class Line:
    """The result of one check of the environment.

    Attributes:
        subject: what was checked.
        state: `ok`; `note` if a run can work with limits; `bad` if it cannot work.
        says: what was found.
        hint: what to do.
        code: the exit code for a `bad` line.
    """

    subject: str
    state: str
    says: str
    hint: str = ""
    code: int = ExitCode.COULD_NOT_JUDGE


def doctor_checks(config: Path, environ: Mapping[str, str]) -> Iterator[Line]:
    """Yield all lines. A failure hides only the lines that depend on it."""
    from gatebot.sandbox import probe

    reach = probe()
    yield Line("gatebot", "ok", f"{__version__}, Python {sys.version.split()[0]}, {sys.platform}")
    yield _git(config)
    yield _machine()
    document = None
    try:
        document = _load(config)
        yield Line("config", "ok", f"{config}: valid, task {document.task}, mode {document.policy.mode}")
    except GateError as error:
        yield _failure("config", error)
    if document is not None:
        reach = _reach(config, document, environ)
    yield _isolation(reach, document, environ)
    yield from _token(reach, environ)
    if document is not None:
        yield from _memory(document)
        yield _interpreter(config, document, environ)
        yield from _model(config, document)
        yield from _data(config, document)
        yield from _baseline(config, environ)


def _load(config: Path) -> "Document":
    from gatebot.config.load import load

    return load(config)


def _reach(config: Path, document: "Document", environ: Mapping[str, str]) -> "Reach":
    """Return the isolation that this machine can give to the Recipe's interpreter."""
    from gatebot.collect.isolation_level import reach_for
    from gatebot.run.context.rules_found import absolute
    from gatebot.sandbox import Isolation

    folder = absolute(config).parent
    return reach_for(document.recipe, Isolation.NONE, folder, _root(folder), environ)


def _root(folder: Path) -> Path:
    """Return the root of the repository, or the folder itself outside of a repository."""
    from gatebot.repository.git import open_repository

    try:
        return open_repository(folder).root
    except GateError:
        return folder


def _failure(subject: str, error: GateError) -> Line:
    return Line(subject, "bad", error.message, error.hint, error.exit_code)


def _git(config: Path) -> Line:
    from gatebot.repository.git import open_repository
    from gatebot.run.context.rules_found import absolute

    if shutil.which("git") is None:
        return Line("git", "bad", "there is no git on the PATH", "Install git.")
    try:
        repository = open_repository(absolute(config).parent)
        head, shallow = repository.find("HEAD"), repository.is_shallow
    except GateError as error:
        return Line("git", "note", error.message, "Without history there is nothing to compare with but --base DIR.")
    says = f"{repository.root}, at {head[:12]}" if head else f"{repository.root}, no commit yet"
    if shallow:
        return Line("git", "note", f"{says}; a shallow clone, so base's commit may be missing", repository.whole)
    return Line("git", "ok", says)


def _machine() -> Line:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    free = shutil.disk_usage(Path.cwd()).free
    memory = _available()
    memory_text = f"{memory / 2**30:.1f} GiB of memory free" if memory else "memory unknown"
    return Line(
        "machine",
        "ok",
        f"{cores} {'core' if cores == 1 else 'cores'}, {memory_text}, {free / 2**30:.0f} GiB of disk free",
    )


def _available() -> int | None:
    """Return the bytes of available memory."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    found = [line.split()[1] for line in text.splitlines() if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def _memory(document: "Document") -> Iterator[Line]:
    """Yield a line only if memory is short."""
    available, wanted = _available(), document.smoke.memory
    if available is not None and available < wanted:
        says = f"smoke.memory is {wanted / 2**30:.1f} GiB, {available / 2**30:.1f} GiB are free"
        yield Line("memory", "note", says, "A training that needs more than there is will be killed by the system.")


def _isolation(reach: "Reach", document: "Document | None", environ: Mapping[str, str]) -> Line:
    from gatebot.github.outputs import in_actions
    from gatebot.sandbox import Isolation

    level = f"{reach.level}" + (f" (Landlock {reach.landlock})" if reach.landlock else "")
    why = f"not more: {'; '.join(reach.reasons)}" if reach.reasons and reach.level is not Isolation.FULL else ""
    says = f"{level}; {why}" if why else level
    if document is not None and in_actions(environ) and reach.level < document.smoke.isolation:
        hint = "Use gatebot's action, which runs as root in a container, or lower `smoke.isolation`."
        return Line("isolation", "bad", f"{says}; gatebot.yml asks for {document.smoke.isolation}", hint)
    state = "ok" if reach.level is Isolation.FULL else "note"
    hint = "" if state == "ok" else "Enough for your own code on your own machine; the action reaches `full`."
    return Line("isolation", state, says, hint)


def _token(reach: "Reach", environ: Mapping[str, str]) -> Iterator[Line]:
    from gatebot.github.outputs import in_actions
    from gatebot.sandbox import Isolation, secrets_in

    held = secrets_in(environ)
    if not held:
        yield Line("token", "ok", "none here, and none is needed to judge")
        return
    if reach.level < Isolation.FULL and not in_actions(environ):
        unset = " ".join(f"-u {name}" for name in held)
        hint = f"Run without it: env {unset} gatebot run"
        yield Line("token", "bad", f"{', '.join(held)} could be read by user code below full isolation", hint)
    else:
        yield Line("token", "ok", f"{', '.join(held)}, which user code cannot reach")
    yield _rights(environ)


def _rights(environ: Mapping[str, str]) -> Line:
    """Return what the token may do, as far as GitHub reports it."""
    from pydantic import BaseModel

    from gatebot.github.api import DEFAULT_URL, Api, Pace, Purpose
    from gatebot.github.api_errors import ApiError

    class Rights(BaseModel):
        """The part of the API's response about a repository."""

        permissions: dict[str, bool] = {}

    repository = environ.get("GITHUB_REPOSITORY", "")
    token = next((environ[name] for name in ("INPUT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN") if environ.get(name)), "")
    if not repository or not token:
        return Line("rights", "note", "unknown", "Set GITHUB_REPOSITORY=owner/name to have them looked up.")
    pace = Pace(timeout_s=5, attempts=1, patience_s=1)
    with Api(token, repository, url=environ.get("GITHUB_API_URL", DEFAULT_URL), pace=pace) as api:
        try:
            found = api.get(api.path(), Rights, Purpose("look up what the token may do", "metadata: read"))
        except ApiError as error:
            return Line("rights", "note", error.message, error.hint)
    listed = [name for name, given in found.permissions.items() if given]
    return Line("rights", "ok", f"{repository}: {', '.join(listed) or 'GitHub does not say'}")


def _interpreter(config: Path, document: "Document", environ: Mapping[str, str]) -> Line:
    from gatebot.collect.interpreter import found
    from gatebot.run.context.rules_found import absolute

    name = document.smoke.python
    folder = absolute(config).parent
    try:
        interpreter = found(name, environ, folder, _root(folder))
    except GateError as error:
        return _failure("python", error)
    if interpreter is None:
        state = "bad" if document.model.python is not None else "note"
        hint = "Install it, or name another in `smoke.python`."
        return Line("python", state, f"smoke.python: {name} is not a program here", hint, ExitCode.USAGE)
    asking = (str(interpreter.python), "-I", "-c", "import platform; print(platform.python_version())")
    done = processes.run(asking, env={}, timeout_s=60)
    version = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode:
        hint = done.stderr.decode("utf-8", "replace").strip()[-200:]
        return Line("python", "bad", f"{interpreter.python} does not start", hint, ExitCode.USAGE)
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        hint = "Name a Python 3.8 or later in `smoke.python`."
        return Line("python", "bad", f"{interpreter.python} is {version}", hint, ExitCode.USAGE)
    granted = ", ".join(map(str, interpreter.readable))
    return Line("python", "ok", f"{interpreter.python} ({version}); user code may read {granted or 'nothing for it'}")


def _model(config: Path, document: "Document") -> Iterator[Line]:
    """Yield a line only if the file that trains does not exist."""
    from gatebot.run.context.rules_found import absolute
    from gatebot.run.model_file import require_model_file

    folder = absolute(config).parent
    root = _root(folder)
    root = root if folder.is_relative_to(root) else folder
    try:
        require_model_file(root, PurePosixPath(folder.relative_to(root)), document.recipe)
    except GateError as error:
        yield _failure("model", error)


def _data(config: Path, document: "Document") -> Iterator[Line]:
    """Yield lines about the data and about margins that its rows cannot guard. A baseline gives more exact results."""
    from gatebot.cli.eval_rows import eval_rows
    from gatebot.power.feasibility import too_few

    if document.data.fetch is not None:
        says = f"fetched by `{document.data.fetch.run}`"
        yield Line("data", "note", says, "Not looked at: fetching is left to a run.")
        yield from _metrics(document, None)
        return
    try:
        seen = eval_rows(config, document)
    except GateError as error:
        yield _failure("data", error)
        yield from _metrics(document, None)
        return
    labelled = f", {seen.labelled:,} of them with `{document.data.target}`" if seen.labelled is not None else ""
    yield Line("data", "ok", f"{seen.rows:,} rows, {seen.columns} columns{labelled}; {seen.eval_rows:,} eval rows")
    for sentence in too_few(document.rules, seen.eval_rows):
        yield Line("margin", "note", sentence, SEES)
    yield from _metrics(document, seen.truth)


def _metrics(document: "Document", truth: "Truth | None") -> Iterator[Line]:
    """Yield a line about the declared metrics; only the labels of the eval rows tell which classes there are."""
    from gatebot.decide.declarations import declared_metrics

    if not document.metrics:
        return
    try:
        found = declared_metrics(document.rules, truth)
    except GateError as error:
        yield _failure("metrics", error)
    else:
        yield Line("metrics", "ok", ", ".join(each.name for each in found))


def _baseline(config: Path, environ: Mapping[str, str]) -> Iterator[Line]:
    from gatebot.cli.context import places_of, stores_of
    from gatebot.repository.own_folder import cache, chosen, usual
    from gatebot.run.context.from_git import local
    from gatebot.run.context.rules_found import absolute
    from gatebot.run.stored_base import stored_anchor, stored_base

    try:
        chosen(None, environ)
        cache(environ, absolute(config).parent)
    except GateError as error:
        yield _failure("own folder", error)
        return
    try:
        run_context = local(config, None, datetime.now(UTC))
        if run_context.base_commit is None:
            says = "there is no commit to compare with yet"
            yield Line("baseline", "note", says, "The first run shows where the model stands.")
            return
        places = places_of(run_context, usual(environ), None, environ)
        stores = (*places.local_baselines, *stores_of(run_context, environ))
        yield from _anchor(stored_anchor(run_context.repository, run_context.facts, stores)[0].anchor)
        facts, snapshot = stored_base(run_context, places, stores_of(run_context, environ))
    except GateError as error:
        yield Line("baseline", "note", error.message, error.hint)
        return
    if snapshot is None:
        yield Line(
            "baseline", "note", f"none of {run_context.base_commit[:12]} is stored", "A run trains it here first."
        )
        return
    yield Line("baseline", "ok", f"{(facts.chosen.sha or '')[:12]} from {facts.chosen.source}: {facts.chosen.why}")
    yield from _sights(snapshot, facts.rules)


def _anchor(anchor: "Anchor") -> Iterator[Line]:
    """Yield a line about the release that the Rules name."""
    if anchor.missing:
        yield Line("anchor", "note", anchor.missing, "Until then nothing holds many small losses together.")
    elif anchor.name:
        yield Line("anchor", "ok", f"{anchor.name} ({(anchor.commit or '')[:12]}) is stored")


def _sights(snapshot: "Snapshot", rules: "Rules") -> Iterator[Line]:
    """Yield the declared margins on all rows that this baseline's rows and seeds cannot guard."""
    from gatebot.power.analysis import DetectableEffect, analyse
    from gatebot.power.text import sentence

    try:
        for each in analyse(snapshot, rules):
            if isinstance(each, DetectableEffect) and each.slice is None and not each.guards:
                yield Line("margin", "note", f"{each.metric}: {sentence(each)}", SEES)
    except GateError as error:
        yield Line("margin", "note", error.message, error.hint)
