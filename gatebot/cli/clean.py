"""`gatebot clean`: removes what gatebot keeps in its own folder, and says how large it is."""

import argparse
import math
import os
import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gatebot.errors import GateError

if TYPE_CHECKING:
    from gatebot.repository.kept_files import KeptPart

EPILOG = """\
examples:
  gatebot clean --dry-run        say what would go, and how much that frees; remove nothing
  gatebot clean --keep 30        remove what was not used for 30 days
  gatebot clean                  remove everything but the baselines of commits that branches still have
  gatebot clean --baselines      remove these too: base is then trained again

Only what gatebot has made goes, and only from .gatebot beside gatebot.yml. Environments are made anew where a run needs
them.
"""
DAY_S = 86_400.0
LARGE = 1_000_000_000
"""Bytes from which a run says how large the folder is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="the configuration (%(default)s)")
    parser.add_argument("--keep", type=_days, default=0.0, metavar="DAYS", help="keep what was used in these last days")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")
    parser.add_argument("--baselines", action="store_true", help="remove baselines of commits that branches have, too")


def run(arguments: argparse.Namespace) -> int:
    """Remove what is not kept, and print it.

    Raises:
        UsageError: the folder is not gatebot's, or a run uses it.
        MachineError: something cannot be removed.
    """
    from gatebot.collect.interpreter_copy import place_beside
    from gatebot.render.numbers import size
    from gatebot.repository.kept_files import DiskUse, kept_parts, removed
    from gatebot.repository.own_folder import cache, unused
    from gatebot.run.context.rules_found import absolute

    project = absolute(arguments.config).parent
    folder = cache(os.environ, project)
    if not folder.is_dir():
        print(f"{_shown(folder)} does not exist: there is nothing to remove")
        return 0
    with nullcontext() if arguments.dry_run else unused(folder):
        parts = kept_parts(folder)
        wanted = [] if arguments.baselines else _wanted(parts, project)
        since = time.time() - arguments.keep * DAY_S
        chosen = [part for part in parts if part not in wanted and (not arguments.keep or part.used_at < since)]
        freed = DiskUse.of(folder, (path for part in chosen for path in part.paths)).freed
        for part in chosen:
            _say(folder, part, size(DiskUse.of(folder, part.paths).bytes))
            if not arguments.dry_run:
                removed(folder, part)
        kept = DiskUse.of(folder, (path for part in parts if part not in chosen for path in part.paths)).bytes
    print(f"{'would free' if arguments.dry_run else 'freed'} {size(freed)} in {_shown(folder)}; {size(kept)} kept")
    if wanted:
        count = f"{len(wanted)} {'baseline' if len(wanted) == 1 else 'baselines'}"
        print(f"kept {count} of commits that branches or tags have: --baselines removes them, too")
    if (place := place_beside(folder)).is_dir():
        print(f"{place} holds environments for isolated users, as {_shown(folder)} is private: remove it yourself")
    return 0


def tell_size(folder: Path) -> None:
    """Print one line on standard error if the folder is large."""
    from gatebot.render.numbers import size
    from gatebot.repository.kept_files import DiskUse, kept_parts

    use = DiskUse.of(folder, (path for part in kept_parts(folder) for path in part.paths)).bytes
    if use >= LARGE:
        told = f"{_shown(folder)} is {size(use)} large: `gatebot clean --keep 30` removes what was not used for 30 days"
        print(told, file=sys.stderr)


def _days(text: str) -> float:
    days = float(text)
    if not math.isfinite(days) or days < 0:
        raise ValueError(text)
    return days


_days.__name__ = "number of days"  # argparse names the type by it


def _wanted(parts: "Iterable[KeptPart]", project: Path) -> "list[KeptPart]":
    """Return the baselines that a run may still compare with; outside of a repository, all of them."""
    from gatebot.repository.git import open_repository
    from gatebot.repository.kept_files import KeptKind

    baselines = [part for part in parts if part.kind is KeptKind.BASELINE]
    with suppress(GateError):
        repository = open_repository(project)
        return [part for part in baselines if repository.may_need(part.commit)]
    return baselines


def _say(folder: Path, part: "KeptPart", taken: str) -> None:
    from gatebot.cli.console import printable
    from gatebot.render.numbers import age

    print(printable(f"{_shown(folder)}/{part.name}  {part.kind}, {taken}, {age(time.time() - part.used_at)} old"))


def _shown(folder: Path) -> str:
    """Return the path of the folder as a person in the working folder would write it."""
    return os.path.relpath(folder) if folder.is_relative_to(Path.cwd()) else str(folder)
