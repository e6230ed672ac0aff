"""`gatebot init`: looks at this repository and writes a configuration and workflows that fit it."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gatebot.core.checkout import Checkout
from gatebot.errors import UsageError

if TYPE_CHECKING:
    from gatebot.discovery.proposal import Proposal

EPILOG = """\
examples:
  gatebot init                             write gatebot.yml and the workflows
  gatebot init --print                     show them, write nothing
  gatebot init --data a.csv --target price say what cannot be guessed
  gatebot init --forks                     for repositories that take pull requests from forks
"""
IGNORED = ".gatebot/"
WORKFLOWS = PurePosixPath(".github/workflows")
MOST_IGNORED_BYTES = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="where to write it (%(default)s)")
    parser.add_argument("--data", metavar="PATH", help="the data file, where several could be it")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict, where it cannot be guessed")
    parser.add_argument("--train", metavar="FILE", help="the Python file that trains, where several could be it")
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    parser.add_argument("--print", action="store_true", help="print what would be written, and write nothing")
    parser.add_argument(
        "--forks", action="store_true", help="judge pull requests from forks in a workflow of their own"
    )
    parser.add_argument(
        "--workflow", action=argparse.BooleanOptionalAction, default=True, help="write GitHub workflows too (yes)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Examine the repository, and write the files.

    Raises:
        UsageError: something cannot be determined, or a file exists already or is reached through a link.
    """
    from gatebot.discovery import configuration
    from gatebot.discovery.proposal import propose

    config: Path = arguments.config
    folder = config.parent
    found = propose(
        folder.resolve(),
        data=_below(arguments.data, folder),
        target=arguments.target,
        train=_below(arguments.train, folder),
    )
    texts = {config: configuration.text(found)}
    if found.adapter:
        from gatebot.discovery import adapter

        texts[folder / adapter.FILE] = found.adapter
    if arguments.workflow:
        texts |= _workflows(found, config, forks=arguments.forks)
    if arguments.print:
        _print(texts)
        return 0
    _write(texts, force=arguments.force)
    _ignore(folder, (IGNORED, *(found.setup.ignored if found.setup is not None else ())))
    _say(found, list(texts))
    return 0


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


def _workflows(found: "Proposal", config: Path, *, forks: bool) -> dict[Path, str]:
    from gatebot.discovery.workflows import Job, workflows
    from gatebot.repository.git import open_repository

    path, branch = config.resolve(), "main"
    try:
        root = open_repository(path.parent).root.resolve()
        branch = _default_branch(root)
    except UsageError:
        root = path.parent
    inside = path.relative_to(root).as_posix()
    job = Job(found.project, inside, branch, single="/" not in inside)
    texts = workflows(job, forks=forks)
    for name in texts:
        Checkout(root).status(WORKFLOWS / name)  # raises if the path leads through a link
    return {Path(os.path.relpath(root)) / WORKFLOWS / name: text for name, text in texts.items()}


def _default_branch(root: Path) -> str:
    """Return the default branch as this clone knows it: of the remote, or main or master, or the current branch."""
    remote_head = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    usual = (
        name for name in ("main", "master") if _git(root, "rev-parse", "--quiet", "--verify", f"refs/heads/{name}")
    )
    return remote_head or next(usual, "") or _git(root, "symbolic-ref", "--quiet", "--short", "HEAD") or "main"


def _git(root: Path, *words: str) -> str:
    from gatebot.repository.git import Repository

    return Repository(root).attempt(*words).stdout.decode().strip()


def _write(texts: dict[Path, str], *, force: bool) -> None:
    there = [path for path in texts if os.path.lexists(path)]
    from gatebot.run.output import write_text

    if there and not force:
        raise UsageError(
            f"{', '.join(map(str, there))}: there already",
            "Use --force to write over it, or --print to see what would be written.",
        )
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(text, path)  # replaces a link, instead of writing through it


def _ignore(folder: Path, names: Sequence[str]) -> None:
    """Add folders to .gitignore: that of run outputs, and those that git must not track for what was written."""
    from gatebot.run.output import write_text

    try:
        text = Checkout(folder).read(".gitignore", MOST_IGNORED_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        text = ""
    known = {line.strip().strip("/") for line in text.splitlines()}
    missing = [name for name in names if name.rstrip("/") not in known]
    if missing:
        write_text("\n".join([*([text.rstrip()] if text.strip() else []), *missing, ""]), folder / ".gitignore")


def _print(texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        print(f"# ---- {path}\n{text}")


def _say(found: "Proposal", paths: list[Path]) -> None:
    from gatebot.cli.console import printable

    data, roles = found.data, found.roles
    held = f" and {data.held.path}" if data.held else ""
    print(printable(f"data    {data.main.path}{held} ({data.why})"))
    print(printable(f"target  {roles.target.column} ({roles.target.why}); {roles.task} ({roles.task_why})"))
    print()
    for path in paths:
        print(f"wrote   {path}")
    for sentence in (*(found.setup.notes if found.setup is not None else ()), *_outlook(paths[0])):
        print(printable(f"note    {sentence}"))
    print("\nnext: read gatebot.yml, then `gatebot run`; commit the files to gate pull requests")
    print("      `gatebot run --as-baseline` on main trains it five times; `gatebot power` then proposes margins")


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
