"""How often the gate errs: changes whose worth is known, through the real checks and verdict, beside rivals' rules.

python -m benchmarks.decision            about two minutes
python -m benchmarks.decision --full     what the documentation promises: hours
python -m benchmarks.decision --plot power.svg
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from benchmarks.changes import Change, Kind, faulty, graded, harmless
from benchmarks.chart import Series, chart
from benchmarks.pages import Page, exact, percent
from benchmarks.rivals import RULES, rules
from benchmarks.world import MARGINS, Draw
from gatebot.needs import Tier
from gatebot.report import Report, VerdictName
from gatebot.verdict.judge import judge

ROWS = (300, 1000, 5000)
SMALL, FULL = (40, 10), (2000, 500)
SEED = 20261120


@dataclass(frozen=True, slots=True)
class Trial:
    """One pull request, judged by everybody.

    Attributes:
        change: what it was.
        rows: eval rows.
        loss: the true loss of accuracy where it is graded.
        verdict: gatebot's.
        blocking: checks with a finding that blocks.
        undecided: declared measures over all rows that stayed undecided.
        confirmed: the second tier was bought.
        warned: it said something that is more than a note.
        rivals: who else would have blocked.
    """

    change: Change
    rows: int
    loss: float | None
    verdict: VerdictName
    blocking: tuple[str, ...]
    undecided: tuple[str, ...]
    confirmed: bool
    warned: bool
    rivals: tuple[str, ...]

    @property
    def blocked(self) -> bool:
        """Whether gatebot stops it."""
        return self.verdict is VerdictName.BLOCKED


@dataclass(frozen=True, slots=True)
class Task:
    """One draw to be judged: picklable, and the same whoever draws it."""

    change: Change
    rows: int
    number: int
    loss: float | None = None
    metrics: tuple[str, ...] = tuple(MARGINS)
    eager: bool = False

    def trial(self) -> Trial:
        """Draw it, gate it as `gate` does, and ask the rivals."""
        rng = np.random.default_rng([SEED, self.rows, self.number, *self.change.name.encode()])
        draw = Draw.of(rng, self.rows, self.change.recipe)
        report = judge(draw.case(Tier.SMOKE, metrics=self.metrics))
        confirmed = any(want.tier == Tier.CONFIRM for want in report.wants) or (self.eager and bool(_open(report)))
        if confirmed:
            report = judge(draw.case(*Tier, metrics=self.metrics))
        blocked = tuple(name for name, blocks in rules(draw).items() if blocks)
        return _trial(self, report, confirmed, blocked)


def _trial(task: Task, report: Report, confirmed: bool, rivals: tuple[str, ...]) -> Trial:
    return Trial(
        change=task.change,
        rows=task.rows,
        loss=task.loss,
        verdict=report.verdict,
        blocking=tuple(sorted({each.check for each in report.decisive if each.action == "block"})),
        undecided=_open(report),
        confirmed=confirmed,
        warned=bool(report.decisive),
        rivals=rivals,
    )


def _open(report: Report) -> tuple[str, ...]:
    """Declared measures over all rows that are undecided."""
    overall = [each for each in report.measures if each.declared and each.slice is None]
    return tuple(each.metric for each in overall if each.outcome == "undecided")


def tasks(given: argparse.Namespace) -> Iterator[Task]:
    """Harmless changes `times[0]` times each, others `times[1]` times each, at every size."""
    of_harmless, of_others = FULL if given.full else given.times
    todo: list[tuple[Change, float | None, int]] = [(change, None, of_harmless) for change in harmless()]
    todo += [(change, None, of_others) for change in faulty()]
    todo += [(change, loss, of_others) for loss, change in graded()] if given.plot is not None else []
    for rows in given.rows:
        for change, loss, times in todo:
            for number in range(times):
                yield Task(change, rows, number, loss, tuple(given.metrics), given.eager)


def judged(todo: Sequence[Task], jobs: int) -> list[Trial]:
    """All of them, in order."""
    if jobs == 1:
        return [task.trial() for task in todo]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(Task.trial, todo, chunksize=8))


def page(trials: Sequence[Trial], command: str) -> Page:
    """What it comes to."""
    plain = [each for each in trials if each.loss is None]
    sizes = sorted({each.rows for each in plain})
    return Page(
        "Decisions",
        command,
        (
            ("Harmless changes, by eval rows", _HEAD, [_harmless(plain, n) for n in sizes]),
            ("Harmless changes, by kind", _HEAD, [_harmless(plain, n, c.name) for n in sizes for c in harmless()]),
            (
                "Blocked, % (flagged at least, %)",
                ("change", "kind", "accuracy lost", "log loss", *(f"{n:,} rows" for n in sizes)),
                [[c.name, c.kind, *_truth(c), *(_caught(plain, n, c.name) for n in sizes)] for c in faulty()],
            ),
            ("Rules side by side: harmless changes blocked, %, and faults caught, %", _RULES, list(_beside(plain))),
        ),
        (
            "Harmless: same predictions, another seed, another row order, equally good hyper-parameters or model.",
            "Caught: of the faults on all rows, in a slice, and within accuracy's margin. Exact intervals are of 95 %.",
        ),
    )


_HEAD = ("changes", "judged", "blocked", "exact interval", "undecided", "warned", "confirm tier", "undecided metrics")
_RULES = ("rule", "eval rows", "harmless blocked", "exact interval", "whole", "slice only", "silent")


def _harmless(trials: Sequence[Trial], rows: int, name: str | None = None) -> list[str]:
    kept = [each for each in trials if each.rows == rows and each.change.kind is Kind.HARMLESS]
    kept = [each for each in kept if name in (None, each.change.name)]
    names = sorted({metric for each in kept for metric in each.undecided})
    by_metric = ", ".join(f"{metric} {percent(metric in each.undecided for each in kept)}" for metric in names)
    return [
        f"{rows:,} rows, {name or 'all'}",
        str(len(kept)),
        percent(each.blocked for each in kept),
        exact(sum(each.blocked for each in kept), len(kept)),
        percent(bool(each.undecided) for each in kept),
        percent(each.warned for each in kept),
        percent(each.confirmed for each in kept),
        by_metric,
    ]


def _caught(trials: Sequence[Trial], rows: int, name: str) -> str:
    kept = [each for each in trials if each.rows == rows and each.change.name == name]
    return f"{percent(each.blocked for each in kept)} ({percent(each.warned for each in kept)})"


def _truth(change: Change) -> tuple[str, str]:
    lost, risen = change.truth
    return f"{100 * lost:.1f} points", f"{100 * risen:+.0f}%"


def _beside(trials: Sequence[Trial]) -> Iterator[list[str]]:
    for rows in sorted({each.rows for each in trials}):
        kept = [each for each in trials if each.rows == rows]
        for rule in (None, *RULES):
            blocks = [(each, each.blocked if rule is None else rule in each.rivals) for each in kept]
            good = [blocked for each, blocked in blocks if each.change.kind is Kind.HARMLESS]
            caught = (
                percent(blocked for each, blocked in blocks if each.change.kind is kind)
                for kind in (Kind.WHOLE, Kind.SLICE, Kind.SILENT)
            )
            yield [rule or "gatebot", f"{rows:,}", percent(good), exact(sum(good), len(good)), *caught]


def curves(trials: Sequence[Trial]) -> str:
    """Share that blocks against the true loss, a line for each size, and the tolerance rule's beside."""
    graded_ = [each for each in trials if each.loss is not None]
    series = []
    for rows in sorted({each.rows for each in graded_}):
        for rule in (None, "tolerance of 2 points"):
            points = []
            for loss in sorted({each.loss for each in graded_ if each.loss is not None}):
                kept = [each for each in graded_ if each.rows == rows and each.loss == loss]
                hits = [each.blocked if rule is None else rule in each.rivals for each in kept]
                points.append((100 * loss, 100 * mean(hits)))
            series.append(Series(f"{rule or 'gatebot'}, {rows:,} rows", points, dashed=rule is not None))
    return chart("Blocked, by true loss of accuracy", "points lost", "% blocked", series, mark=(2.0, "margin"))


def main(argv: Sequence[str]) -> int:
    """Run it."""
    given = arguments(argv)
    trials = judged(list(tasks(given)), given.jobs)
    page(trials, " ".join(["python -m benchmarks.decision", *argv])).show(write=given.write)
    if given.plot is not None:
        given.plot.write_text(curves(trials), encoding="utf-8")
    return 0


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """What is to be run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decision", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="eval rows (%(default)s)")
    parser.add_argument("--times", type=int, nargs=2, default=SMALL, help="draws of each harmless and other change")
    parser.add_argument("--metrics", nargs="+", choices=MARGINS, default=list(MARGINS), help="declared (%(default)s)")
    parser.add_argument("--eager", action="store_true", help="buy the confirm tier for whatever is undecided")
    parser.add_argument("--full", action="store_true", help=f"{FULL[0]:,} and {FULL[1]:,} draws of each")
    parser.add_argument("--jobs", type=int, default=1, help="processes (%(default)s)")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the power curve, which takes more draws")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/results.md")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
