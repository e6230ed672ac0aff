"""`gatebot power`: what main's evidence can see of each metric, and how much more would guard its margin."""

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gatebot.errors import UsageError

if TYPE_CHECKING:
    from gatebot.evidence.snapshot import Snapshot

EPILOG = """\
examples:
  gatebot power                      by the newest baseline that this machine has
  gatebot power --metric accuracy    one metric, with its tables
  gatebot power --plot power.svg     draw it
  gatebot power --base main/head     by a Snapshot in a folder

With a guarantee in gatebot.yml it also says how many eval rows that needs, and how many there are.

exit codes: 0 always, also where a margin cannot be guarded: that is a thing to know, not a failure.
"""
COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="the configuration (%(default)s)")
    parser.add_argument("--base", type=Path, metavar="DIR", help="main's Snapshot (the newest local baseline)")
    parser.add_argument("--metric", metavar="NAME", help="only this metric, on all rows and on each of its slices")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the smallest loss seen against eval rows")


def run(arguments: argparse.Namespace) -> int:
    """Print what can be detected."""
    from gatebot.config.load import load
    from gatebot.power import guarantee
    from gatebot.power.analysis import analyse, chosen
    from gatebot.power.curve import curves
    from gatebot.power.text import as_json, as_text
    from gatebot.run.output import write_text

    rules = load(arguments.config).rules
    baseline = _baseline(arguments.base, arguments.config)
    found = chosen(analyse(baseline, rules), arguments.metric)
    if arguments.plot is not None:
        write_text(curves(found.detailed), arguments.plot)
    promise = guarantee.forecast(baseline, rules)
    if arguments.json:
        told = as_json(baseline.about, found)
        told["guarantee"] = None if promise is None else guarantee.as_json(promise)
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    else:
        print(as_text(baseline.about, found))
        if promise is not None:
            print("", *guarantee.lines(promise), sep="\n")
    return 0


def _baseline(given: Path | None, config: Path) -> "Snapshot":
    """Return the Snapshot in a folder, or the newest baseline of this machine.

    Raises:
        UsageError: there is none.
        SnapshotError: it cannot be read.
    """
    from gatebot.baseline.folder import FolderBackend
    from gatebot.baseline.store import BackendStore, Found
    from gatebot.evidence.intake import read_whole

    if given is not None:
        return read_whole(given)
    folder = _local_baselines(config)
    found = BackendStore(FolderBackend(folder)).find(_newest_first(folder), datetime.now(UTC), labels=True)
    if isinstance(found, Found):
        return found.snapshot
    raise UsageError(
        f"{folder}: {found.reason}",
        "`gatebot run --as-baseline` on a clean main branch leaves a baseline; or give --base DIR",
    )


def _local_baselines(config: Path) -> Path:
    """Return the folder of this machine's baselines, at the root of the repository with the configuration.

    Raises:
        UsageError: a commit could have made the folder.
    """
    from gatebot.repository.own_folder import NAME, require_owned
    from gatebot.run.context.rules_found import absolute

    folders = absolute(config).parents
    root = next((each for each in folders if (each / ".git").exists()), folders[0])
    return require_owned(root / NAME) / "baseline"


def _newest_first(folder: Path) -> list[str]:
    """Return the commits with a baseline, the newest first. A folder's time is when its baseline was made."""
    kept = [path for path in folder.glob("*") if COMMIT.fullmatch(path.name)]
    return [path.name for path in sorted(kept, key=lambda path: path.stat().st_mtime_ns, reverse=True)]
