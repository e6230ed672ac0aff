"""`make demo`: gates a harmless and a harmful pull request on a real repository, and shows what gatebot says."""

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from os import geteuid
from pathlib import Path

from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from examples.gate import Gate, run_gate
from examples.repository import Change, Example, Repository, example

EXAMPLE = "digits"
PULLS = ("more-trees", "skip-unlabelled")
HOME = Path(__file__).resolve().parents[1] / ".gatebot" / "demo"
TEMPORARY = Path(tempfile.gettempdir()) / f"gatebot-demo-{geteuid()}"
MARK = ".made-by-the-demo"


@dataclass(frozen=True, slots=True)
class Shown:
    """One pull request, gated."""

    change: Change
    gate: Gate
    seconds: float

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the pull request deserves."""
        return self.gate.verdict == self.change.verdict and set(self.change.found_by) <= self.gate.found


def main(folder: Path | None = None) -> int:
    """Run the demo; 0 when both verdicts are as they should be.

    Args:
        folder: where all of it goes; by default one in the checkout, or where that is somebody else's, a temporary one.

    Raises:
        OSError: nothing can be written there.
    """
    console, source = Console(highlight=False), example(EXAMPLE)
    folder = open_folder(HOME, TEMPORARY) if folder is None else open_folder(folder.resolve())
    console.print(Rule("[bold]gatebot: the demo", align="left"))
    console.print("A small real repository and two pull requests; about a minute on two cores.\n")
    repository = build(source, folder, console)
    baseline = run_gate(repository.folder, "--as-baseline", out=folder / "main", show=True)
    if baseline.exit_code:
        console.print(f"[red]main's own run ended with {baseline.exit_code}; nothing can be compared")
        return 1
    shown = [pull(repository, source.changes[name], folder, console) for name in PULLS]
    console.print(Rule("[bold]What was said", align="left"))
    console.print(summary(shown))
    for each in shown:
        paths = (each.gate.out / name for name in ("comment.md", "report.html"))
        console.print(*(f"  {path}\n" for path in paths), sep="", end="", soft_wrap=True)
    return 0 if all(each.as_expected for each in shown) else 1


def build(source: Example, folder: Path, console: Console) -> Repository:
    """The repository, with main checked out."""
    repository = Repository.create(source, folder / source.name)
    console.print(f"[bold]1. The repository[/] {repository.folder}", soft_wrap=True)
    console.print(Padding(Syntax((repository.folder / "pipeline.py").read_text(), "python", theme="ansi_dark"), (1, 3)))
    console.print("[bold]2. Main leaves a baseline[/]   $ gatebot run --as-baseline")
    return repository


def pull(repository: Repository, change: Change, folder: Path, console: Console) -> Shown:
    """Open one pull request and gate it."""
    repository.open_pull(change)
    number = PULLS.index(change.name) + 3
    console.print(Rule(f"[bold]{number}. Pull request: {change.title}", align="left"))
    diff = repository.git("diff", "--unified=1", "main", change.name)
    lines = [line for line in diff.splitlines() if not line.startswith(("diff ", "index ", "--- ", "+++ "))]
    console.print(
        Padding(Group(Text(change.description), "", Syntax("\n".join(lines), "diff", theme="ansi_dark")), (1, 3))
    )
    console.print("$ gatebot run")
    start = time.monotonic()
    gate = run_gate(repository.folder, out=folder / change.name, show=True)
    return Shown(change, gate, time.monotonic() - start)


def summary(shown: list[Shown]) -> Table:
    """Verdict and expectation of each pull request."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for title in ("pull request", "verdict", "as it should be", "took"):
        table.add_column(title, header_style="dim")
    for each in shown:
        right = "[green]yes" if each.as_expected else f"[red]no, it should be {each.change.verdict}"
        table.add_row(each.change.title, each.gate.verdict, right, f"{each.seconds:.0f} s")
    return table


def open_folder(*places: Path) -> Path:
    """The first of these folders that is ours to use, emptied.

    Raises:
        OSError: none is.
    """
    *others, last = places
    for place in others:
        try:
            return _emptied(place)
        except OSError:
            continue
    return _emptied(last)


def _emptied(place: Path) -> Path:
    if place.is_symlink() or (place.exists() and any(place.iterdir()) and not (place / MARK).exists()):
        raise FileExistsError(f"{place} was not made by this demo")
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True, mode=0o755)
    (place / MARK).touch()
    return place


if __name__ == "__main__":
    try:
        sys.exit(main(*map(Path, sys.argv[1:2])))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"error: {error}")
