"""How often the intervals err: coverage and power by metric, rows and seeds, against the rate that each one promises.

python -m benchmarks.coverage            about two minutes
python -m benchmarks.coverage --full     a quarter of an hour
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from benchmarks.pages import Page
from benchmarks.pull import Array
from benchmarks.world import BASE, CLASSES, Recipe, Rows, worse_by
from gatebot.evidence.column import Names, Numbers
from gatebot.stats import quantile
from gatebot.stats.arrays import StatError
from gatebot.stats.binomial import agresti_caffo, agresti_min, clopper_pearson, mcnemar_worse, newcombe, tango
from gatebot.stats.contrast import Contrast, Estimand, Ledger, spread
from gatebot.stats.ranked import auc_interval
from gatebot.tasks.registry import task_named
from gatebot.tasks.table import Table
from gatebot.tasks.task import Metric

ROWS = (50, 200, 1000, 5000)
SEEDS = (1, 2, 3, 5)
SMALL, FULL = 200, 2000
SEED = 20261121
LEDGER = 5
HELD, WORSE = 0.025, 0.0025
LOSS = 0.02
REFERENCE_ROWS, REFERENCE_SEEDS, REFERENCE_DRAWS = 20_000, 6, 80
CLASS_METRICS = {
    "accuracy": None,
    "balanced_accuracy": None,
    "recall": "b",
    "f1": "b",
    "mcc": None,
    "roc_auc": "b",
    "average_precision": "b",
    "log_loss": None,
    "brier": None,
    "ece": None,
}
NUMBER_METRICS = ("mae", "rmse", "r2")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one metric at one size: how often there was an interval, and how often it erred or was useful."""

    tries: int = 0
    false_held: int = 0
    false_worse: int = 0
    held: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.tries + other.tries,
            self.false_held + other.false_held,
            self.false_worse + other.false_worse,
            self.held + other.held,
        )


Key = tuple[str, int, int, bool]
"""Metric, rows, seeds, and whether seed noise is counted."""


@dataclass(frozen=True, slots=True)
class Numeric:
    """Rows with a number to predict, and a recipe's misjudgement of it: Student's t with 5 degrees of freedom."""

    signal: Array
    noise: Array
    missed: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, n: int) -> "Numeric":
        """So many."""
        return cls(3.0 * rng.normal(size=n), rng.standard_t(5, size=n), rng.normal(size=n))

    def table(self, blur: float, rng: np.random.Generator) -> Table:
        """One seed's predictions."""
        luck = 0.3 * math.exp(0.2 * rng.normal())
        predicted = self.signal + blur * self.missed + luck * rng.normal(size=len(self.signal))
        ids = np.arange(len(self.signal), dtype=np.uint64)
        return Table(ids, {"target": Numbers(self.signal + self.noise)}, {"prediction": Numbers(predicted)})


BLURS = {"base": 0.5, "head": 0.71}


def _classified(rows: Rows, recipe: Recipe, rng: np.random.Generator) -> Table:
    scores = rows.scores(recipe, rng)
    payload: dict[str, Names | Numbers] = {"prediction": Names(scores.argmax(axis=1).astype(np.int32), CLASSES)}
    payload |= {f"score_{name}": Numbers(np.ascontiguousarray(scores[:, at])) for at, name in enumerate(CLASSES)}
    ids = np.arange(len(rows), dtype=np.uint64)
    return Table(ids, {"target": Names(rows.truth, CLASSES)}, payload)


@cache
def _metrics() -> Mapping[str, Metric]:
    classes, numbers = task_named("classification"), task_named("regression")
    found = {name: classes.metric(name, of, {}) for name, of in CLASS_METRICS.items()}
    return found | {name: numbers.metric(name, None, {}) for name in NUMBER_METRICS}


@cache
def _worse() -> Recipe:
    return replace(worse_by(LOSS), kinship=0.97)


Draws = Callable[[str, np.random.Generator], Table]


def _sides(rng: np.random.Generator, n: int, *, numbers: bool) -> Draws:
    """Runs of base, of a worse head, and of a head that is as good, over the same rows."""
    if numbers:
        rows = Numeric.draw(rng, n)
        return lambda side, luck: rows.table(BLURS["head" if side == "head" else "base"], luck)
    drawn, recipes = Rows.draw(rng, n), {"base": BASE, "head": _worse(), "same": replace(BASE, kinship=0.97)}
    return lambda side, luck: _classified(drawn, recipes[side], luck)


@cache
def truths() -> Mapping[str, float]:
    """What head truly loses against base, positive when head is better; as a share of base's where margins are.

    Over so many rows and seeds that its own error is a small part of that of 5,000 rows.
    """
    found = {}
    for numbers in (False, True):
        metrics = {name: metric for name, metric in _metrics().items() if (name in NUMBER_METRICS) is numbers}
        values = np.zeros((2, len(metrics)))
        for number in range(REFERENCE_DRAWS):
            rng = np.random.default_rng([SEED, numbers, number])
            draws = _sides(rng, REFERENCE_ROWS, numbers=numbers)
            for place, side in enumerate(("base", "head")):
                tables = [draws(side, rng) for _ in range(REFERENCE_SEEDS)]
                values[place] += [np.mean([metric.value(table) for table in tables]) for metric in metrics.values()]
        for (name, metric), (base, head) in zip(metrics.items(), (values / REFERENCE_DRAWS).T, strict=True):
            scale = abs(base) if metric.default_margin.relative else 1.0
            found[name] = float((head - base) / scale) * (1.0 if metric.higher_is_better else -1.0)
    return found


def repetition(rows: int, number: int) -> dict[Key, Tally]:
    """One draw of rows and runs, judged by every metric with every number of seeds."""
    found: dict[Key, Tally] = {}
    for numbers in (False, True):
        rng = np.random.default_rng([SEED, rows, number, numbers])
        draws = _sides(rng, rows, numbers=numbers)
        sides = ("base", "head", "same")
        tables = {side: [draws(side, rng) for _ in range(max(SEEDS))] for side in sides}
        for name, metric in _metrics().items():
            if (name in NUMBER_METRICS) is numbers:
                runs = {side: _Runs.of(metric, tables[side]) for side in sides}
                found |= dict(_judged(name, metric, runs, rows))
    return found


@dataclass(frozen=True, slots=True)
class _Runs:
    """One side's value by run, [S], influence by run and row, [S, n], and `step`; higher is better."""

    values: Array
    influence: Array
    step: float

    @classmethod
    def of(cls, metric: Metric, tables: Sequence[Table]) -> "_Runs | None":
        """None where the metric has no value on some run, or no influence."""
        sign = 1.0 if metric.higher_is_better else -1.0
        values = np.array([metric.value(table) for table in tables])
        influence = [metric.influence(table) for table in tables]
        if not np.isfinite(values).all() or any(each is None for each in influence):
            return None
        known = [each for each in influence if each is not None]
        return cls(sign * values, sign * np.stack(known), metric.step(tables[0]))


def _judged(name: str, metric: Metric, runs: Mapping[str, _Runs | None], rows: int) -> Iterator[tuple[Key, Tally]]:
    margin, true = metric.default_margin, truths()[name]
    for counted in (True, False):
        for seeds in SEEDS if counted else SEEDS[:1]:
            try:
                head = _contrast(metric, runs["base"], runs["head"], seeds, counted=counted)
                same = _contrast(metric, runs["base"], runs["same"], seeds, counted=counted)
            except StatError:
                continue
            tally = Tally(1, head.lower(HELD) > true, head.upper(WORSE) < true, same.lower(HELD) > -margin.size)
            yield (name, rows, seeds, counted), tally


def _contrast(metric: Metric, base: _Runs | None, head: _Runs | None, seeds: int, *, counted: bool) -> Contrast:
    if base is None or head is None:
        raise StatError("no value")
    return spread(
        base.values[:seeds],
        head.values[:seeds],
        base.influence[:seeds],
        head.influence[:seeds],
        ledger=Ledger.of(base.values[:LEDGER], holds_base=True),
        estimand=Estimand.RECIPE if counted else Estimand.ARTIFACT,
        relative=metric.default_margin.relative,
        step=head.step,
        boundary=_boundary(metric, base, head, seeds),
    ).contrast


# --- procedures for single runs ---


def _boundary(metric: Metric, base: _Runs, head: _Runs, seeds: int) -> float | None:
    """As checks ask it: of shares in which no single row counts."""
    ranked = metric.is_share and not head.step and metric.higher_is_better
    return float(base.values[:seeds].mean()) - metric.default_margin.size if ranked else None


@dataclass(frozen=True, slots=True)
class Procedure:
    """An interval for one run a side: whether it misses the truth on one draw of so many rows."""

    name: str
    source: str
    nominal: float
    misses: Callable[[np.random.Generator, int], bool]


CHANGED, DROP, RATE = 0.1, 0.02, 0.9


def _paired(rng: np.random.Generator, n: int) -> tuple[int, int]:
    """Rows gained and lost where a tenth of all differ and the drop is two points."""
    lost = (CHANGED + DROP) / 2
    gained, lost_rows, _ = rng.multinomial(n, [CHANGED - lost, lost, 1 - CHANGED])
    return int(gained), int(lost_rows)


def _outside(low: float, high: float, true: float) -> bool:
    return not low <= true <= high


def _tango(rng: np.random.Generator, n: int) -> bool:
    return _outside(*tango(*_paired(rng, n), n), -DROP)


def _agresti_min(rng: np.random.Generator, n: int) -> bool:
    return _outside(*agresti_min(*_paired(rng, n), n).interval(), -DROP)


def _mcnemar(rng: np.random.Generator, n: int) -> bool:
    gained, lost, _ = rng.multinomial(n, [CHANGED / 2, CHANGED / 2, 1 - CHANGED])
    return mcnemar_worse(int(gained), int(lost)) <= HELD


def _two_groups(rng: np.random.Generator, n: int, interval: Callable[[int, int], tuple[float, float]]) -> bool:
    return _outside(*interval(int(rng.binomial(n, RATE)), int(rng.binomial(n, RATE - DROP))), -DROP)


def _newcombe(rng: np.random.Generator, n: int) -> bool:
    return _two_groups(rng, n, lambda base, head: newcombe(base, n, head, n))


def _agresti_caffo(rng: np.random.Generator, n: int) -> bool:
    return _two_groups(rng, n, lambda base, head: agresti_caffo(base, n, head, n).interval())


def _clopper_pearson(rng: np.random.Generator, n: int) -> bool:
    return _outside(*clopper_pearson(int(rng.binomial(n, RATE)), n), RATE)


def _auc(rng: np.random.Generator, n: int, apart: float) -> bool:
    labels = np.arange(n) < max(10, n // 5)
    scores = rng.normal(size=n) + apart * labels
    from scipy.special import ndtr

    return _outside(*auc_interval(labels, scores), float(ndtr(apart / math.sqrt(2))))


def _quantile(rng: np.random.Generator, n: int) -> bool:
    """The upper bound of the 95th percentile of something with a heavy tail."""
    return quantile.upper(rng.exponential(size=n), 0.95) < -math.log(0.05)


PROCEDURES = (
    Procedure("paired difference of rates, score", "Tango 1998", 0.05, _tango),
    Procedure("paired difference of rates, adjusted Wald", "Agresti & Min 2005", 0.05, _agresti_min),
    Procedure("no loss in paired rates, exact", "McNemar 1947", HELD, _mcnemar),
    Procedure("difference between two groups, hybrid score", "Newcombe 1998", 0.05, _newcombe),
    Procedure("difference between two groups, adjusted Wald", "Agresti & Caffo 2000", 0.05, _agresti_caffo),
    Procedure("rate, exact", "Clopper & Pearson 1934", 0.05, _clopper_pearson),
    Procedure("AUC of .80, logit", "DeLong 1988", 0.05, partial(_auc, apart=1.19)),
    Procedure("AUC of .98, logit", "DeLong 1988", 0.05, partial(_auc, apart=2.904)),
    Procedure("upper bound of a 95th percentile", "order statistics", 0.05, _quantile),
)


def single(times: int) -> list[list[str]]:
    """How often each procedure misses."""
    lines = []
    for place, each in enumerate(PROCEDURES):
        shares = []
        for rows in ROWS:
            rng = np.random.default_rng([SEED, place, rows])
            tried = [_tried(each, rng, rows) for _ in range(times)]
            known = [missed for missed in tried if missed is not None]
            shares.append(_share(sum(known), len(known)))
        lines.append([each.name, each.source, f"{100 * each.nominal:g}", *shares])
    return lines


def _tried(procedure: Procedure, rng: np.random.Generator, rows: int) -> bool | None:
    """None where the procedure refuses: a perfect ranking, too few values for any bound."""
    try:
        return procedure.misses(rng, rows)
    except StatError:
        return None


# --- tables ---


def gathered(times: int, jobs: int) -> dict[Key, Tally]:
    """All repetitions at all sizes, added up."""
    truths()
    total: dict[Key, Tally] = {}
    todo = [(rows, number) for rows in ROWS for number in range(times)]
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(repetition, *zip(*todo, strict=True), chunksize=16):
            for key, tally in found.items():
                total[key] = total.get(key, Tally()) + tally
    return total


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f}" if of else "—"


def _table(total: Mapping[Key, Tally], times: int, pick: Callable[[Tally], int], *, alone: bool) -> list[list[str]]:
    lines = []
    for name in _metrics():
        for rows in ROWS:
            keys: list[Key] = [(name, rows, seeds, True) for seeds in SEEDS]
            keys += [(name, rows, 1, False)] if alone else []
            known = [total.get(key, Tally()) for key in keys]
            enough = [each.tries >= times / 2 for each in known]  # rarely defined at all is no rate to tell
            cells = [_share(pick(t), t.tries) if ok else "—" for t, ok in zip(known, enough, strict=True)]
            lines.append([name, f"{rows:,}", *cells])
    return lines


def page(times: int, jobs: int, command: str) -> Page:
    """Run all of it."""
    total, heads = gathered(times, jobs), tuple(f"{seeds} seed{'s' * (seeds > 1)}" for seeds in SEEDS)
    least = 100 * math.sqrt(HELD * (1 - HELD) / times)
    held = _table(total, times, lambda tally: tally.false_held, alone=True)
    worse = _table(total, times, lambda tally: tally.false_worse, alone=False)
    power = _table(total, times, lambda tally: tally.held, alone=False)
    return Page(
        "Intervals",
        command,
        (
            (
                "Single runs: how often the interval misses, %",
                ("procedure", "source", "nominal", *(f"{n:,} rows" for n in ROWS)),
                single(10 * times),
            ),
            (
                f"False holds: a loss of exactly the margin called held, %; nominal {100 * HELD:g}",
                ("metric", "rows", *heads, "1 seed, rows alone"),
                held,
            ),
            (
                f"False alarms: no loss beyond what is true called worse, %; nominal {100 * WORSE:g}",
                ("metric", "rows", *heads),
                worse,
            ),
            (
                "Power: a harmless change held at smoke's level with the metric's usual margin, %",
                ("metric", "rows", *heads),
                power,
            ),
        ),
        (
            f"{times:,} draws of each: {100 * HELD:g} % is measured to ± {2 * least:.1f}. Main has {LEDGER} runs.",
            "Rows alone: the same interval without seed noise, which is what most gates take it for.",
            "ECE is biased in small tables and is shown, not promised. A dash: not defined on most draws.",
        ),
    )


def main(argv: Sequence[str]) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=SMALL, help="draws of each (%(default)s)")
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} of them")
    parser.add_argument("--jobs", type=int, default=1, help="processes (%(default)s)")
    parser.add_argument("--write", action="store_true", help="put the tables among the results")
    given = parser.parse_args(argv)
    command = " ".join(["python -m benchmarks.coverage", *argv])
    page(FULL if given.full else given.times, given.jobs, command).show(write=given.write)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
