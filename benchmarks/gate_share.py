"""gatebot's own share: of a whole run on a real repository, of starting, of reading data, and of judging 10,000 rows.

python -m benchmarks.gate_share            starts, reading and judging
python -m benchmarks.gate_share --run      also real trainings on the digits example: a minute or two
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.pages import Page, brief
from benchmarks.stopwatch import Took, timed, timed_process
from benchmarks.world import BASE, draw
from examples.gate import run_gate
from examples.repository import Repository, example
from gatebot.collect.chosen_columns import chosen
from gatebot.data.profile import profile
from gatebot.data.read import read
from gatebot.data.rows import Columns
from gatebot.data.rules import SplitRules
from gatebot.data.source import Source
from gatebot.data.split import split
from gatebot.evidence.column import Names
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.profile import DataProfile, Levels, Profile, Trait
from gatebot.evidence.snapshot import Snapshot
from gatebot.run.output import leave_evidence

EXAMPLE, PULL = "digits", "more-trees"
COLUMNS = 20
PROCESSES = ("job", "CPU s", "wall s", "CPU / Python's")
RUNS = ("digits example", "trainings", "user's code, s", "gatebot, s", "gatebot's share")


def starts(times: int) -> list[list[str]]:
    """How long it takes to be there at all, against Python alone."""
    python = [sys.executable, "-I", "-c", ""]
    jobs: list[tuple[str, list[str]]] = [
        ("Python, nothing else", python),
        ("gatebot --version", [sys.executable, "-m", "gatebot", "--version"]),
        ("gatebot --help", [sys.executable, "-m", "gatebot", "--help"]),
        ("gatebot run --help", [sys.executable, "-m", "gatebot", "run", "--help"]),
    ]
    took = [timed_process(argv, times) for _, argv in jobs]
    return [_line(name, each, took[0]) for (name, _), each in zip(jobs, took, strict=True)]


def judging(rows: int, times: int) -> list[list[str]]:
    """Judge and render stored evidence, as whole processes."""
    bare = timed_process([sys.executable, "-I", "-c", ""], times)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case = draw(np.random.default_rng(1), rows, BASE).case(*Tier, metrics=("accuracy", "log_loss"))
        leave_evidence(replace(case, base=_told(case.base), head=_told(case.head)), folder)
        gatebot, out = [sys.executable, "-m", "gatebot"], str(folder / "out")
        sides = ["--base", str(folder / Side.BASE), "--head", str(folder / Side.HEAD)]
        judge = [*gatebot, "judge", *sides, "--out", out]
        render = [*gatebot, "render", str(Path(out, "report.json")), "--format", "html"]
        judged = timed_process(judge, times)
        return [
            _line(f"gatebot judge, {rows:,} rows, both tiers, with its pages", judged, bare),
            _line("gatebot render --format html, of its report", timed_process(render, times), bare),
        ]


def reading(shapes: Sequence[tuple[int, int]], times: int) -> list[list[str]]:
    """Read, split and profile a table of numbers, and choose the simple model's columns; in this process."""
    bare = timed_process([sys.executable, "-I", "-c", ""], times)
    lines = []
    with tempfile.TemporaryDirectory() as name:
        for rows, columns in shapes:
            folder = Path(name, f"{rows}-{columns}")
            folder.mkdir()
            write_table(folder / "data.csv", rows, columns)
            took = timed(partial(read_table, folder), times)
            lines.append(_line(f"reading and profiling {rows:,} rows x {columns:,} columns", took, bare))
    return lines


def write_table(path: Path, rows: int, columns: int) -> None:
    """Write a CSV file: an id, a label, and columns of numbers of which the first tells of the label."""
    numbers = np.random.default_rng(3).normal(size=(rows, columns)).round(3)
    named = {"id": [f"r{at}" for at in range(rows)], "label": np.where(numbers[:, 0] > 0, "yes", "no").tolist()}
    values = {f"c{at}": numbers[:, at] for at in range(columns)}
    pl.DataFrame({**named, **values}).write_csv(path)


def read_table(folder: Path) -> tuple[str, ...]:
    """Do what a run does with the data of one side before it trains; return the columns that are learned from."""
    source = Source(folder=folder, path=("data.csv",), train=(), eval=(), root=folder)
    rows = read(source, Columns(target="label", id="id"))
    parts = split(rows, SplitRules("table"))
    found = profile(rows, parts)
    kinds = {column.name: column.kind for column in found.columns if column.name not in ("id", "label")}
    train, target = parts.training(), parts.target
    assert target is not None
    return chosen(rows.frame, kinds, train, target.take(train))


def _told(snapshot: Snapshot | None) -> Snapshot | None:
    """With twenty columns of the eval rows in six levels each, as the data of a real run have them."""
    profile = None if snapshot is None else snapshot.get(Profile(Side.HEAD), DataProfile)
    if snapshot is None or profile is None:
        return snapshot
    drawn = np.random.default_rng(2).integers(0, 6, (COLUMNS, len(profile.eval_rows))).astype(np.int32)
    levels = tuple(
        Levels(f"c{at}", Trait.VALUE, Names(codes, tuple(f"c{at}={level}" for level in range(6))))
        for at, codes in enumerate(drawn)
    )
    told = replace(profile, eval_rows=replace(profile.eval_rows, levels=levels))
    return replace(snapshot, evidence={**snapshot.evidence, Profile(Side.HEAD): told})


def whole_run() -> list[list[str]]:
    """Main's own run and a pull request's, trainings included."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder, source = Path(name), example(EXAMPLE)
        repository = Repository.create(source, folder / "repository")
        runs = {"main's own run": ("--as-baseline",), "pull request": ()}
        for at, (title, words) in enumerate(runs.items()):
            if at:
                repository.open_pull(source.changes[PULL])
            gate = run_gate(repository.folder, *words, "--quiet", out=folder / str(at))
            if not gate.report:
                raise SystemExit(f"{title}: no report\n{gate.said}")
            costs = gate.report["costs"]
            user = costs["train_s"] + costs["predict_s"]
            share = costs["gate_s"] / (costs["gate_s"] + user)
            lines.append(
                [title, str(costs["trainings"]), brief(user), brief(costs["gate_s"]), f"{100 * share:.1f}%"],
            )
    return lines


def _line(job: str, took: Took, bare: Took) -> list[str]:
    return [job, brief(took.cpu), brief(took.wall), f"{took.cpu / bare.cpu:.1f}"]


def main(argv: Sequence[str]) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate_share", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000, help="of the run that is judged (%(default)s)")
    parser.add_argument("--columns", type=int, default=5_000, help="of the wide table that is read (%(default)s)")
    parser.add_argument("--times", type=int, default=3, help="of which the median counts (%(default)s)")
    parser.add_argument("--run", action="store_true", help="also whole runs with real trainings")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/results.md")
    given = parser.parse_args(argv)
    shapes = [(100_000, 20), (600, given.columns)]
    lines = [*starts(given.times), *reading(shapes, given.times), *judging(given.rows, given.times)]
    tables: list[tuple[str, Sequence[str], Sequence[Sequence[object]]]] = [("Whole processes", PROCESSES, lines)]
    if given.run:
        tables.append(("Whole runs", RUNS, whole_run()))
    Page("gatebot's share", "python -m benchmarks.gate_share --run", tuple(tables)).show(write=given.write)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
