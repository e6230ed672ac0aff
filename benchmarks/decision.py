"""How often the gate errs: changes whose worth is known, through the real checks and verdict, beside rivals' rules.

python -m benchmarks.decision            about three minutes
python -m benchmarks.decision --full     what the documentation promises: an hour or more on two cores
python -m benchmarks.decision --kinds evaluation probabilities harmless
python -m benchmarks.decision --plot power.svg
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import mean, median

from benchmarks import fault_tables
from benchmarks.changes import Change, Kind, faulty, graded, harmless
from benchmarks.chart import Series, chart
from benchmarks.faults import Family, all_changes
from benchmarks.learners import GENERATORS, Harmless
from benchmarks.pages import Page, exact, percent
from benchmarks.pull import CONFIRM_SEEDS, MARGINS, SMOKE_SEEDS
from benchmarks.rivals import RULES
from benchmarks.trials import DRAWN, Task, Trial

ROWS = (300, 1000, 5000)
SMALL, FULL = (4, 2, 2), (200, 100, 50)
FEW_FAULTS, MANY_FAULTS = (1, 1), (3, 12)
"""Draws of each fault, and of each harmless change with the same evidence, with each learner."""
FAULT_ROWS, FULL_FAULT_ROWS = (1000,), (1000, 5000)
RUNS = 5
PREDICTED, TRAINED = "drawn", "trained"
KINDS = (PREDICTED, TRAINED, *(family.value.replace(" ", "-") for family in Family))


def tasks(given: argparse.Namespace) -> Iterator[Task]:
    """Harmless changes `times[0]` times each, others `times[1]` times, and `times[2]` commits run again, by size."""
    of_harmless, of_others, of_repeated = FULL if given.full else given.times
    metrics = tuple(given.metrics)
    for rows in given.rows:
        for world in GENERATORS if TRAINED in given.kinds else ():
            for change in Harmless:
                for number in range(of_harmless):
                    yield Task(change, rows, number, world)
        drawn = _drawn(of_harmless, of_others, curves=given.plot is not None) if PREDICTED in given.kinds else ()
        for one, loss, times in drawn:
            for number in range(times):
                again = RUNS - 1 if loss is None and one.recipe is not None and number < of_repeated else 0
                yield Task(one, rows, number, loss=loss, metrics=metrics, repeats=again)
    yield from _silent(given, metrics)


def _silent(given: argparse.Namespace, metrics: tuple[str, ...]) -> Iterator[Task]:
    """Faults that the headline metric does not show, and harmless changes with the same evidence."""
    of_faults, of_harmless = MANY_FAULTS if given.full else given.fault_times
    for rows in given.fault_rows or (FULL_FAULT_ROWS if given.full else FAULT_ROWS):
        for fault, world in all_changes():
            if fault.family.value.replace(" ", "-") in given.kinds:
                for number in range(of_harmless if fault.family is Family.HARMLESS else of_faults):
                    yield Task(fault, rows, number, world, metrics=metrics)


def _drawn(of_harmless: int, of_others: int, *, curves: bool) -> Iterator[tuple[Change, float | None, int]]:
    yield from ((change, None, of_harmless) for change in harmless())
    yield from ((change, None, of_others) for change in faulty())
    if curves:
        yield from ((change, loss, of_others) for loss, change in graded())


def judged(todo: Sequence[Task], jobs: int) -> list[Trial]:
    """All of them, in order."""
    if jobs == 1:
        return [task.trial() for task in todo]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(Task.trial, todo, chunksize=8))


def page(trials: Sequence[Trial], command: str) -> Page:
    """What drawn predictions and harmless changes come to."""
    plain = [each for each in trials if each.loss is None]
    good = [each for each in plain if each.kind is Kind.HARMLESS]
    sizes = sorted({each.rows for each in plain})
    worlds, names = dict.fromkeys(each.world for each in good), dict.fromkeys((each.world, each.name) for each in good)
    return Page(
        "Decisions",
        command,
        (
            (
                "Harmless changes, by eval rows",
                _HEAD,
                [
                    *(_harmless([t for t in good if t.world != DRAWN], n, "trained: three generators") for n in sizes),
                    *(_harmless(good, n, "all, drawn predictions too") for n in sizes),
                ],
            ),
            (
                "Harmless changes, by data and learner",
                _HEAD,
                [_harmless([t for t in good if t.world == w], n, w) for w in worlds for n in sizes],
            ),
            (
                "Harmless changes, by kind",
                _HEAD,
                [
                    _harmless([t for t in good if (t.world, t.name) == (w, name)], n, f"{w}: {name}")
                    for w, name in names
                    for n in sizes
                ],
            ),
            (
                f"The same commit run {RUNS} times by code that ignores its seed: verdicts that are not the usual one",
                ("changes", "commits", "runs", "unlike the usual, %", "exact interval"),
                [line for n in sizes for line in _repeated(plain, n)],
            ),
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
            "Nobody predicts train rows here, so the rule of Deepchecks on them never blocks.",
            f"Trainings: of head, {SMOKE_SEEDS} in the smoke tier and {CONFIRM_SEEDS} more in the confirm tier.",
        ),
    )


_HEAD = ("changes", "judged", "blocked, %", "exact interval", "undecided, %", "warned, %", "trainings: median, mean")
_RULES = ("rule", "eval rows", "harmless blocked", "exact interval", "whole", "slice only", "silent")


def _harmless(trials: Sequence[Trial], rows: int, name: str) -> list[str]:
    kept = [each for each in trials if each.rows == rows]
    trainings = [each.trainings for each in kept]
    return [
        f"{rows:,} rows, {name}",
        f"{len(kept):,}",
        percent(each.blocked for each in kept),
        exact(sum(each.blocked for each in kept), len(kept)),
        percent(bool(each.undecided) for each in kept),
        percent(each.warned for each in kept),
        f"{median(trainings):g}, {mean(trainings):.1f}" if trainings else "—",
    ]


def _repeated(trials: Sequence[Trial], rows: int) -> Iterator[list[str]]:
    """Runs whose verdict is not the one that most runs of that commit came to."""
    for title, wanted in (("harmless", True), ("faulty", False)):
        kept = [t for t in trials if t.repeats and t.rows == rows and (t.kind is Kind.HARMLESS) is wanted]
        runs = [(t.verdict, *t.repeats) for t in kept]
        unlike = sum(len(each) - max(map(each.count, each)) for each in runs)
        total = sum(map(len, runs))
        share = f"{100 * unlike / total:.1f}" if total else "—"
        yield [f"{rows:,} rows, {title}", str(len(kept)), str(total), share, exact(unlike, total)]


def _caught(trials: Sequence[Trial], rows: int, name: str) -> str:
    kept = [each for each in trials if each.rows == rows and each.name == name]
    return f"{percent(each.blocked for each in kept)} ({percent(each.warned for each in kept)})"


def _truth(change: Change) -> tuple[str, str]:
    lost, risen = change.truth
    return f"{100 * lost:.1f} points", f"{100 * risen:+.0f}%"


def _beside(trials: Sequence[Trial]) -> Iterator[list[str]]:
    for rows in sorted({each.rows for each in trials}):
        kept = [each for each in trials if each.rows == rows]
        for rule in (None, *RULES):
            blocks = [(each, each.blocked if rule is None else rule in each.rivals) for each in kept]
            good = [blocked for each, blocked in blocks if each.kind is Kind.HARMLESS]
            caught = (
                percent(blocked for each, blocked in blocks if each.kind is kind)
                for kind in (Kind.WHOLE, Kind.SLICE, Kind.SILENT)
            )
            yield [rule or "gatebot", f"{rows:,}", percent(good), exact(sum(good), len(good)), *caught]


def curves(trials: Sequence[Trial], rows: int) -> str:
    """Share that blocks against the true loss: gatebot's, and rivals' dashed."""
    kept = [each for each in trials if each.loss is not None and each.rows == rows]
    losses = sorted({each.loss for each in kept if each.loss is not None})
    series = []
    for rule in (None, *RULES):
        points = []
        for loss in losses:
            hits = [each.blocked if rule is None else rule in each.rivals for each in kept if each.loss == loss]
            points.append((100 * loss, 100 * mean(hits)))
        series.append(Series(rule or "gatebot", points, dashed=rule is not None))
    title = f"Blocked, by true loss of accuracy, {rows:,} eval rows"
    return chart(title, "points lost", "% blocked", series, mark=(100 * float(MARGINS["accuracy"]), "margin"))


def main(argv: Sequence[str]) -> int:
    """Run it."""
    given = arguments(argv)
    trials = judged(list(tasks(given)), given.jobs)
    command = " ".join(["python -m benchmarks.decision", *argv])
    loud, silent = ([each for each in trials if (each.family is None) is wanted] for wanted in (True, False))
    if loud:
        page(loud, command).show(write=given.write)
    if silent:
        fault_tables.page(silent, command).show(write=given.write)
    if given.plot is not None:
        for rows in given.rows:
            path = given.plot.with_stem(f"{given.plot.stem}-{rows}")
            path.write_text(curves(loud, rows), encoding="utf-8")
    return 0


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """What is to be run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decision", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="eval rows (%(default)s)")
    parser.add_argument(
        "--times", type=int, nargs=3, default=SMALL, help="draws of each harmless and other change, commits run again"
    )
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="what is judged (all)")
    parser.add_argument("--fault-rows", type=int, nargs="+", help=f"eval rows of faults ({FAULT_ROWS[0]})")
    parser.add_argument(
        "--fault-times", type=int, nargs=2, default=FEW_FAULTS, help="draws of each fault and its harmless changes"
    )
    parser.add_argument(
        "--metrics", nargs="+", choices=("accuracy", "log_loss"), default=[], help="declared (as `gatebot init` does)"
    )
    parser.add_argument(
        "--full", action="store_true", help=f"{', '.join(map(str, FULL))} of them, {MANY_FAULTS[0]} of each fault"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes (%(default)s)")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.svg", help="draw the power curves, FILE-300.svg and so on: more draws"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into docs/results.md")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
