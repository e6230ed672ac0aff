"""Seven metrics with paired intervals, and 212 slices, against what peers take for less: in one run, side by side.

python -m benchmarks.stats                                     100,000 rows
python -m benchmarks.stats --rows 1000000 --write              what results.md shows
python -m benchmarks.stats --fairlearn /tmp/venv/bin/python    with fairlearn from an environment of its own
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.pages import Page, brief
from benchmarks.pull import about
from benchmarks.stopwatch import Took, timed
from gatebot.checks.measures import change
from gatebot.checks.row_views import View, Views
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Measure
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit
from gatebot.evidence.truth import Truth
from gatebot.tasks.registry import task_named
from gatebot.tasks.task import Margin, Metric

METRICS = ("accuracy", "precision", "recall", "f1", "roc_auc", "average_precision", "log_loss")
SLICED = ("accuracy", "f1", "roc_auc")
VALUES = (2, 10, 200)
BOOTSTRAP_ROWS, BOOTSTRAP_TIMES, RESAMPLES = 10_000, 20, 1000
MARGIN = Margin(0.02)
RAN = Effects(Ending.OK)


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Labels, both sides' probabilities of the second class, and three slice columns; each [rows]."""

    truth: NDArray[np.int32]
    base: NDArray[np.float64]
    head: NDArray[np.float64]
    slices: tuple[NDArray[np.int32], ...]

    @classmethod
    def draw(cls, rows: int) -> "Data":
        """Two models of AUC about .9 that agree on most rows."""
        rng = np.random.default_rng(20261120)
        shared = rng.normal(size=rows)
        truth = (rng.random(rows) < 1 / (1 + np.exp(-2.5 * shared))).astype(np.int32)
        sides = (1 / (1 + np.exp(-2.5 * shared - noise * rng.normal(size=rows))) for noise in (0.5, 0.55))
        base, head = (np.asarray(side) for side in sides)
        return cls(truth, base, head, tuple(rng.integers(0, most, rows).astype(np.int32) for most in VALUES))

    def comparison(self) -> Comparison:
        """The evidence as checks see it; new every time, so that nothing is remembered."""
        ids = np.arange(len(self.truth), dtype=np.uint64)
        slices = {
            f"column{most}": Names(codes, tuple(map(str, range(most))))
            for most, codes in zip(VALUES, self.slices, strict=True)
        }
        rows = RowTable(ids, ids, None, np.zeros(len(ids), np.uint64), slices)
        profile = DataProfile(len(ids), 0, (), (), rows)
        truth = Truth(ids, Names(self.truth, ("0", "1")))
        effort = Effort(smoke_seeds=1, confirm_seeds=0, trains=False)
        said = about().model_copy(update={"estimand": "artifact"})
        head, base = (
            Snapshot(
                said,
                {Profile(side): profile, Predict(Fit(side)): _predictions(ids, scores)},
                truth=truth,
            )
            for side, scores in ((Side.HEAD, self.head), (Side.BASE, self.base))
        )
        return Comparison(task_named("classification"), head, base, effort=effort, slices=tuple(slices))


def _predictions(ids: NDArray[np.uint64], scores: NDArray[np.float64]) -> Predictions:
    predicted = Names((scores > 0.5).astype(np.int32), ("0", "1"))
    return Predictions(RAN, ids, {"prediction": predicted, "score_0": Numbers(1 - scores), "score_1": Numbers(scores)})


def measured(data: Data) -> list[Measure]:
    """Seven metrics of both sides, their difference and its interval."""
    comparison = data.comparison()
    return _measures(Views(comparison).whole, [_metric(comparison, name) for name in METRICS])


def sliced(data: Data) -> list[Measure]:
    """Three metrics of both sides on 212 slices, with differences and intervals."""
    comparison = data.comparison()
    views, metrics = Views(comparison), [_metric(comparison, name) for name in SLICED]
    return [each for column in comparison.slices for view in views.of(column) for each in _measures(view, metrics)]


def _measures(view: View, metrics: Sequence[Metric]) -> list[Measure]:
    found = (change(view, metric, MARGIN) for metric in metrics)
    return [each for each in found if each is not None and each.confirm is not None]


def _metric(comparison: Comparison, name: str) -> Metric:
    return comparison.task.metric(name, None, {})


def points_only(data: Data) -> list[float]:
    """scikit-learn: the seven values of both sides, and no interval."""
    from sklearn import metrics

    found = []
    for scores in (data.base, data.head):
        labels = (scores > 0.5).astype(np.int32)
        found += [
            metrics.accuracy_score(data.truth, labels),
            metrics.precision_score(data.truth, labels),
            metrics.recall_score(data.truth, labels),
            metrics.f1_score(data.truth, labels),
            metrics.roc_auc_score(data.truth, scores),
            metrics.average_precision_score(data.truth, scores),
            metrics.log_loss(data.truth, scores),
        ]
    return found


def bootstrapped(data: Data, rows: int, times: int) -> None:
    """scipy: a paired bootstrap of the difference of one metric, AUC."""
    from scipy.stats import bootstrap
    from sklearn.metrics import roc_auc_score

    def difference(truth: NDArray[np.int32], base: NDArray[np.float64], head: NDArray[np.float64]) -> float:
        return float(roc_auc_score(truth, head) - roc_auc_score(truth, base))

    columns = (data.truth[:rows], data.base[:rows], data.head[:rows])
    bootstrap(columns, difference, paired=True, vectorized=False, n_resamples=times, method="percentile", rng=1)


FAIRLEARN = """\
import sys, time
import numpy as np
from fairlearn.metrics import MetricFrame
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
data = np.load(sys.argv[1])
wall, cpu = time.perf_counter(), time.process_time()
for side in ("base", "head"):
    scores = data[side]
    labels = (scores > 0.5).astype(int)
    for column in ("s0", "s1", "s2"):
        named = {"accuracy": accuracy_score, "f1": f1_score}
        MetricFrame(metrics=named, y_true=data["truth"], y_pred=labels, sensitive_features=data[column]).by_group
        auc = {"auc": roc_auc_score}
        MetricFrame(metrics=auc, y_true=data["truth"], y_pred=scores, sensitive_features=data[column]).by_group
print(time.process_time() - cpu, time.perf_counter() - wall)
"""


def by_fairlearn(data: Data, python: Path) -> Took:
    """fairlearn: the same three metrics of both sides by slice, without intervals; its imports are not counted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.npz")
        first, second, third = data.slices
        np.savez(path, truth=data.truth, base=data.base, head=data.head, s0=first, s1=second, s2=third)
        done = subprocess.run([python, "-c", FAIRLEARN, path], check=True, capture_output=True, text=True)
    cpu, wall = done.stdout.split()
    return Took(float(cpu), float(wall))


def compare(rows: int, times: int, fairlearn: Path | None, command: str) -> Page:
    """All of it, measured now."""
    data = Data.draw(rows)
    expected = len(METRICS), len(SLICED) * sum(VALUES)
    found = len(measured(data)), len(sliced(data))
    if found != expected:
        raise SystemExit(f"{found} measures have an interval, not {expected}: too few rows in some slice?")
    ours, ours_sliced = timed(lambda: measured(data), times), timed(lambda: sliced(data), times)
    theirs = timed(lambda: points_only(data), times)
    part = min(rows, BOOTSTRAP_ROWS)
    resampled = timed(lambda: bootstrapped(data, part, BOOTSTRAP_TIMES), 1)
    whole = resampled.times(RESAMPLES / BOOTSTRAP_TIMES * rows / part)
    slices = f"{sum(VALUES)} slices x {len(SLICED)} metrics"
    lines = [
        _line("7 metrics, paired intervals", "gatebot", ours, ours),
        _line("7 metrics, values only", "scikit-learn", theirs, ours),
        _line(f"1 metric (AUC), interval, {RESAMPLES} resamples*", "scipy", whole, ours),
        _line(f"{slices}, paired intervals", "gatebot", ours_sliced, ours_sliced),
    ]
    if fairlearn is not None:
        lines.append(_line(f"{slices}, values only", "fairlearn", by_fairlearn(data, fairlearn), ours_sliced))
    notes = (
        f"Median of {times}. *: extrapolated from {BOOTSTRAP_TIMES} resamples of {part:,} rows, in proportion.",
        "gatebot's time begins at stored evidence: alignment by id, both sides' values, differences, intervals.",
    )
    heads = ("job", "who", "CPU s", "wall s", "CPU / gatebot's")
    return Page("Statistics", command, ((f"Metrics and slices of {rows:,} rows", heads, lines),), notes)


def _line(job: str, who: str, took: Took, ours: Took) -> list[str]:
    return [job, who, brief(took.cpu), brief(took.wall), f"{took.cpu / ours.cpu:.1f}"]


def main(argv: Sequence[str]) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stats", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--times", type=int, default=3, help="of which the median counts (%(default)s)")
    parser.add_argument("--fairlearn", type=Path, metavar="PYTHON", help="an interpreter that has fairlearn")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    given = parser.parse_args(argv)
    command = f"python -m benchmarks.stats --rows {given.rows}"
    compare(given.rows, given.times, given.fairlearn, command).show(write=given.write)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
