"""`gatebot init`: looks at this repository, tries what it finds, and writes a configuration and workflows that fit."""

import argparse
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gatebot.core.checkout import Checkout
from gatebot.errors import UsageError

if TYPE_CHECKING:
    from gatebot.cli.init_files import Target
    from gatebot.discovery.proposal import Proposal
    from gatebot.run.trial import Trial

EPILOG = """\
examples:
  gatebot init                             look, try with one training, write gatebot.yml and the workflows
  gatebot init --no-trial                  write them without a training
  gatebot init --print                     show them, train and write nothing
  gatebot init --data a.csv --target price say what cannot be guessed
  gatebot init --forks                     for repositories that take pull requests from forks
  gatebot init --undo                      take back what it wrote
"""
WORKFLOWS = PurePosixPath(".github/workflows")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="where to write it (%(default)s)")
    parser.add_argument("--data", metavar="PATH", help="the data file, where several could be it")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict, where it cannot be guessed")
    parser.add_argument("--train", metavar="FILE", help="the Python file that trains, where several could be it")
    parser.add_argument(
        "--trial",
        action=argparse.BooleanOptionalAction,
        help="train once in the sandbox before anything is written (yes, where there is one)",
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing, and write also what did not work")
    parser.add_argument(
        "--force", action="store_true", help="write over files that are there; with --undo, edited ones"
    )
    parser.add_argument("--undo", action="store_true", help="take back what was written, but what was edited since")
    parser.add_argument("--print", action="store_true", help="print what would be written; train and write nothing")
    parser.add_argument(
        "--forks", action="store_true", help="judge pull requests from forks in a workflow of their own"
    )
    parser.add_argument(
        "--workflow", action=argparse.BooleanOptionalAction, default=True, help="write GitHub workflows too (yes)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Examine the repository, try what was found, and write the files.

    Raises:
        UsageError: something cannot be determined, or a file exists already or is reached through a link.
    """
    from gatebot.cli import init_files

    config: Path = arguments.config
    target = _target(config)
    if arguments.undo:
        _say_undone(target, *init_files.undo(target, force=arguments.force))
        return 0
    found = _found(arguments)
    texts = _texts(found, target, config, arguments)
    if arguments.print:
        for path, text in texts.items():
            print(f"# ---- {target.shown(path)}\n{text}")
        return 0
    init_files.require_free(target, texts, force=arguments.force)
    _say_found(found)
    trial = _trial(found, target, texts, config, arguments)
    if trial is not None and not trial.works and not _goes_on(arguments):
        print("nothing is written")
        return 0
    if trial is not None and trial.silent:
        texts = _texts(found, target, config, arguments, trial.silent)
    init_files.write(target, texts, found.setup.ignored if found.setup is not None else ())
    _say_written(found, target, texts, trial)
    return 0


def _target(config: Path) -> "Target":
    """Return where the configuration is to be written."""
    from gatebot.cli.init_files import Target
    from gatebot.repository.git import open_repository

    folder = config.resolve().parent
    try:
        root = open_repository(folder).root.resolve()
    except UsageError:
        root = folder
    return Target(root, PurePosixPath(folder.relative_to(root).as_posix()))


def _found(arguments: argparse.Namespace) -> "Proposal":
    """Return the proposal. In a terminal, what cannot be determined is asked, once for each option.

    Raises:
        UsageError: something cannot be determined.
    """
    from gatebot.cli.init_questions import can_ask, choose
    from gatebot.discovery.proposal import propose
    from gatebot.discovery.sureness import UndeterminedError

    folder = arguments.config.parent
    given = {
        "data": _below(arguments.data, folder),
        "target": arguments.target,
        "train": _below(arguments.train, folder),
    }
    while True:
        try:
            return propose(folder.resolve(), **given)
        except UndeterminedError as error:
            if arguments.yes or not can_ask() or given[error.option] is not None:
                raise
            given[error.option] = choose(error.message, error.candidates, error.hint)


def _below(path: str | None, folder: Path) -> str | None:
    """Return the user's path relative to the configuration's folder, if it is an existing path in it."""
    if path is None:
        return None
    full = Path(path).resolve()
    return (
        full.relative_to(folder.resolve()).as_posix()
        if full.is_relative_to(folder.resolve()) and full.exists()
        else path
    )


def _texts(
    found: "Proposal", target: "Target", config: Path, arguments: argparse.Namespace, silent: tuple[str, ...] = ()
) -> dict[PurePosixPath, str]:
    """Return what is to be written, by path relative to the root."""
    from gatebot.discovery import adapter, configuration

    texts = {target.folder / config.name: configuration.text(found, silent)}
    if found.adapter:
        texts[target.folder / adapter.FILE] = found.adapter
    if arguments.workflow:
        texts |= _workflows(found, target, config.name, forks=arguments.forks)
    return texts


def _workflows(found: "Proposal", target: "Target", name: str, *, forks: bool) -> dict[PurePosixPath, str]:
    from gatebot.discovery.workflows import Job, workflows

    inside = str(target.folder / name)
    job = Job(found.project, inside, _default_branch(target.root), single="/" not in inside)
    texts = {WORKFLOWS / each: text for each, text in workflows(job, forks=forks).items()}
    for path in texts:
        Checkout(target.root).status(path)  # raises if the path leads through a link
    return texts


def _default_branch(root: Path) -> str:
    """Return the default branch as this clone knows it: of the remote, or main or master, or the current branch."""
    remote_head = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    usual = (
        name for name in ("main", "master") if _git(root, "rev-parse", "--quiet", "--verify", f"refs/heads/{name}")
    )
    return remote_head or next(usual, "") or _git(root, "symbolic-ref", "--quiet", "--short", "HEAD") or "main"


def _git(root: Path, *words: str) -> str:
    from gatebot.repository.git import open_repository

    try:
        return open_repository(root).attempt(*words).stdout.decode().strip()
    except UsageError:
        return ""


def _trial(
    found: "Proposal",
    target: "Target",
    texts: Mapping[PurePosixPath, str],
    config: Path,
    arguments: argparse.Namespace,
) -> "Trial | None":
    """Return what one training has shown, or None if there was none, which is said."""
    from gatebot.cli.console import printable
    from gatebot.cli.init_questions import can_ask, confirm
    from gatebot.cli.init_trial import Obstacle, obstacle, say, trial
    from gatebot.config.load import parse
    from gatebot.discovery import adapter

    document = parse(texts[target.folder / config.name])
    found_obstacle = None
    if arguments.trial is None:
        found_obstacle = obstacle(document, target)
    elif not arguments.trial:
        found_obstacle = Obstacle("--no-trial")
    if found_obstacle is not None:
        asks = found_obstacle.may_waive and not arguments.yes and can_ask()
        if not (asks and confirm(f"{found_obstacle.why}. Train all the same?")):
            print(printable(f"trial   not tried: {found_obstacle.why}"))
            return None
    tried = trial(document, target, {PurePosixPath(adapter.FILE): found.adapter} if found.adapter else {})
    say(tried)
    return tried


def _goes_on(arguments: argparse.Namespace) -> bool:
    """Return whether to write what did not work: if nobody can be asked, because it is something to begin with."""
    from gatebot.cli.init_questions import can_ask, confirm

    return arguments.yes or not can_ask() or confirm("Write it all the same, to be corrected by hand?")


def _say_found(found: "Proposal") -> None:
    from gatebot.cli.console import printable
    from gatebot.discovery.summary import summary

    for line in summary(found):
        sure = f"  [{line.sure}]" if line.sure is not None else ""
        print(printable(f"{line.subject:<7} {' '.join(line.says.split())}{sure}"))


def _say_written(
    found: "Proposal", target: "Target", texts: Mapping[PurePosixPath, str], trial: "Trial | None"
) -> None:
    from gatebot.cli.console import printable

    print()
    for path in texts:
        print(printable(f"wrote   {target.shown(path)}"))
    for name in trial.silent if trial is not None else ():
        print(printable(f"note    {name} has no value with what the model predicts, and is left out"))
    config = target.shown(next(iter(texts)))
    notes = found.setup.notes if found.setup is not None else ()
    for sentence in (*notes, *_not_in_git(found, target), *_outlook(Path(config))):
        print(printable(f"note    {sentence}"))
    run = "gatebot run" if config == "gatebot.yml" else f"gatebot run --config {shlex.quote(config)}"
    if trial is not None and not trial.works:
        print(printable(f"\nto do: correct {config} until `{run}` works; `gatebot init --undo` takes it back"))
        return
    print(printable(f"\nnext: read {config}, then `{run}`; commit the files to gate pull requests"))
    print(printable(f"      `{run} --as-baseline` on main {_cost(trial)}; `gatebot power` then proposes margins"))


def _not_in_git(found: "Proposal", target: "Target") -> Iterator[str]:
    """Yield a sentence about data that a workflow's checkout will not have."""
    from gatebot.repository.git import list_files

    if found.data.pointer or not (target.root / ".git").exists():
        return
    for table in (found.data.main, found.data.held):
        if table is not None and not list_files(target.root, "--cached", "--", str(target.folder / table.path)):
            yield f"{table.path} is not in git: commit it, or say with `data.fetch` how a workflow brings it"


def _cost(trial: "Trial | None") -> str:
    """Return what a baseline takes, as far as it is known."""
    from gatebot.render.numbers import counted, duration

    if trial is None or not trial.baseline_trainings:
        return "trains it several times"
    each = trial.train_seconds
    about = f", about {duration(float(f'{each * trial.baseline_trainings:.2g}'))}" if each else ""
    return f"takes {counted(trial.baseline_trainings, 'training')}{about}"


def _say_undone(target: "Target", done: list[str], kept: list[str]) -> None:
    from gatebot.cli.console import printable

    for path in done:
        print(printable(f"undone  {target.shown(PurePosixPath(path))}"))
    for path in kept:
        print(printable(f"kept    {target.shown(PurePosixPath(path))}: edited since; --force takes it back too"))


def _outlook(config: Path) -> list[str]:
    """Return the margins that the eval rows cannot guard; empty if the data is not available."""
    from gatebot.cli.eval_rows import eval_rows
    from gatebot.config.load import load
    from gatebot.errors import GateError
    from gatebot.power.feasibility import too_few

    try:
        document = load(config)
        return list(too_few(document.rules, eval_rows(config, document).eval_rows))
    except GateError:
        return []
