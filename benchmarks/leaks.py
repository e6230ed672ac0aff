"""Pull requests that gain much: true improvements and leaks, with real cheap learners on generated data.

Both sides train on the same rows, and head is probed by gatebot's own means: the rows that it hands to `predict`, and
its search of the data.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.pull import NOW, RAN, about
from gatebot.checks.registry import check_named
from gatebot.comparison.case import Case, Facts
from gatebot.config.document import Rules
from gatebot.core.finding import Action
from gatebot.core.report import ReportedFinding
from gatebot.data.leakage import Fold, Searched
from gatebot.decide.judge import comparison_of
from gatebot.decide.prioritise import prioritise
from gatebot.decide.run_checks import run_checks
from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.effort import Effort
from gatebot.evidence.kind import Evidence
from gatebot.evidence.leakage import Leakage
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.evidence.profile import ColumnProfile, DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Training
from gatebot.evidence.truth import Truth

CHECK = "model.suspicious_gain"
SEEDS = 2
NAMES = ("no", "yes")

Array = NDArray[Any]
Answers = Callable[[pl.DataFrame], Array]
"""Predicts rows: the chance of `yes`, or a number."""
Learn = Callable[[pl.DataFrame, Array, int], Answers]
"""Trains on rows with their labels and a seed."""


@dataclass(frozen=True, eq=False)
class Data:
    """Rows of one side, as text, as a CSV file has them; with what is to be learnt of them.

    Attributes:
        frame: an id and the features.
        y: whether a row is `yes`, or its number.
        held: which rows are eval rows.
    """

    frame: pl.DataFrame
    y: Array
    held: NDArray[np.bool_]

    @property
    def is_classes(self) -> bool:
        return self.y.dtype == np.bool_

    @property
    def target(self) -> Column:
        return Names(self.y.astype(np.int32), NAMES) if self.is_classes else Numbers(self.y.astype(np.float64))

    @cached_property
    def _ids(self) -> NDArray[np.uint64]:
        return np.array([int(text[1:]) for text in self.frame["id"].to_list()], dtype=np.uint64)

    def ids(self) -> NDArray[np.uint64]:
        return self._ids

    def plus(self, **columns: Any) -> "Data":
        """With more columns, or others."""
        more = [pl.Series(name, [str(value) for value in values]) for name, values in columns.items()]
        return replace(self, frame=self.frame.with_columns(more))

    def rows(self, which: NDArray[np.bool_]) -> pl.DataFrame:
        return self.frame.filter(pl.Series(which))


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What base has, and what head makes of it."""

    base: Data
    head: Data
    base_learns: Learn
    head_learns: Learn
    _models: dict[tuple[Side, int], Answers] = field(default_factory=dict)

    def data(self, side: Side) -> Data:
        return self.base if side is Side.BASE else self.head

    def model(self, side: Side, seed: int) -> Answers:
        if (side, seed) not in self._models:
            data, learn = self.data(side), self.base_learns if side is Side.BASE else self.head_learns
            train = ~data.held
            self._models[side, seed] = learn(data.rows(train), data.y[train], seed)
        return self._models[side, seed]

    def carried_out(self, need: Need) -> Evidence | None:
        """What the collector would leave of a need; None if head crashes."""
        data = self.data(need.side)
        match need:
            case Predict(fit=fit, rows=rows):
                return _predicted(data, self.model(need.side, fit.seed), rows)
            case Fit():
                return Training(RAN, int((~data.held).sum()), "rows")
            case Leakage(columns=columns):
                features = [name for name in data.frame.columns if name != "id"]
                fold = Fold(np.flatnonzero(~data.held), np.flatnonzero(data.held))
                return Searched(data.frame, features, data.target, data.ids(), [fold]).traces(columns)
            case Profile():
                return _profile(data)
        raise TypeError(f"nobody collects {need.kind} here")


def _predicted(data: Data, model: Answers, rows: AnyRows) -> Predictions:
    """As `Dataset` does: the rows in their order, with changed features and the ids that they had."""
    index = rows.select(np.flatnonzero(data.held))
    asked = data.frame[index]
    changed = rows.change(asked.drop("id")).insert_column(0, asked.get_column("id"))
    said = np.asarray(model(changed), dtype=np.float64)
    columns: dict[str, Column] = {"prediction": Numbers(said)}
    if data.is_classes:
        columns = {
            "prediction": Names((said > 0.5).astype(np.int32), NAMES),
            "score_no": Numbers(1 - said),
            "score_yes": Numbers(said),
        }
    return Predictions(RAN, data.ids()[index], columns)


def _profile(data: Data) -> DataProfile:
    """As `column_profile` would, as far as the check looks at it."""
    ids = data.ids()[data.held]
    columns = tuple(_column(name, data.frame[name].to_list()) for name in data.frame.columns)
    rows = RowTable(ids, ids, None, np.zeros(len(ids), dtype=np.uint64), {})
    return DataProfile(len(data.y), int((~data.held).sum()), columns, tuple(data.frame.columns), rows)


def _column(name: str, values: list[str]) -> ColumnProfile:
    numbers, distinct = _numbers(values), len(set(values))
    if numbers is None:
        longest = float(max(map(len, values)))
        return ColumnProfile(name, "text" if distinct > 50 else "category", len(values), 0, distinct, maximum=longest)
    kind = "integer" if (numbers == np.round(numbers)).all() else "number"
    return ColumnProfile(name, kind, len(values), 0, distinct, mean=float(numbers.mean()))


def _numbers(values: list[str]) -> Array | None:
    try:
        return np.array(values, dtype=np.float64)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Told:
    """What the check says of a change: the strongest action, its causes, and how far the metric went."""

    action: Action | None
    subjects: tuple[str, ...]
    probed: bool
    base: float
    head: float

    @property
    def blocked(self) -> bool:
        return self.action is Action.BLOCK


def told(change: Change) -> Told:
    """Judge a change as `gate` does: with the first evidence, and once more with what the check asks for."""
    case = _case(change)
    findings = _findings(case)
    check, probed = check_named(CHECK), False
    if findings and check.confirm is not None:
        probed = True
        found: dict[Side, dict[Need, Evidence]] = {side: {} for side in Side}
        for need in check.confirm(comparison_of(case)):
            value = change.carried_out(need)
            if value is not None:
                found[need.side][need] = value
        case = case.with_evidence({side: _snapshot(change, found[side], side) for side in Side})
        findings = _findings(case)
    comparison = comparison_of(case)
    run = comparison.runs()[0]
    metric = comparison.declared[0].metric
    assert metric is not None
    assert run.base is not None
    values = metric.value(run.base), metric.value(run.head)
    actions = [each.action for each in findings]
    action = min(actions, key=list(Action).index, default=None)
    return Told(action, tuple(each.subject for each in findings), probed, *values)


def _findings(case: Case) -> tuple[ReportedFinding, ...]:
    return prioritise(case, [run_checks(check_named(CHECK), comparison_of(case), case)]).findings


def _case(change: Change) -> Case:
    task, metric = ("classification", "accuracy") if change.base.is_classes else ("regression", "mae")
    rules = Rules.model_validate({"project": "world", "task": task, "metrics": [{"metric": metric}]})
    sides = {}
    for side in Side:
        fits = [Fit(side, seed=seed) for seed in range(SEEDS)]
        needs: list[Need] = [Profile(side), *fits, *(Predict(fit) for fit in fits)]
        found = {need: value for need in needs if (value := change.carried_out(need)) is not None}
        sides[side] = _snapshot(change, found, side)
    facts = Facts(project="world", now=NOW, rules=rules, effort=Effort(smoke_seeds=SEEDS))
    return Case(facts, sides[Side.HEAD], sides[Side.BASE])


def _snapshot(change: Change, evidence: Mapping[Need, Evidence], side: Side) -> Snapshot:
    data = change.data(side)
    truth = Truth(data.ids()[data.held], data.target.take(np.flatnonzero(data.held)))
    return Snapshot(about("classification" if data.is_classes else "regression"), evidence, truth=truth)


# --- data ---


def table(rng: np.random.Generator, *, noise: float = 1.0, numbers: bool = False) -> Data:
    """Customers: measurements, a code, a kind, and a target that a straight line tells in part."""
    count, train = int(rng.integers(300, 700)), 500
    n = count + train
    x = rng.normal(size=(n, 4)).round(4)
    kind = rng.choice(list("xyz"), n, p=[0.6, 0.3, 0.1])
    age = rng.integers(18, 90, n)
    signal = 1.2 * x[:, 0] - 0.8 * x[:, 1] + (kind == "x") + 0.01 * (age - 50)
    curved = 1.5 * x[:, 2] * x[:, 3]
    score = signal + curved + noise * rng.logistic(size=n)
    y = score.round(3) if numbers else score > float(np.median(score))
    frame = pl.DataFrame(
        {"id": [f"r{number}" for number in rng.permutation(10 * n)[:n]], "kind": kind}
        | {name: [str(v) for v in x[:, at]] for at, name in enumerate(("alpha", "beta", "gamma", "delta"))}
        | {"age": [str(v) for v in age]}
    )
    return Data(frame, y, np.arange(n) >= train)


MEASURED = ("alpha", "beta", "gamma", "delta", "age")


def matrix(frame: pl.DataFrame, columns: tuple[str, ...]) -> Array:
    """Numbers, and shares of characters of words, [n, columns]."""
    parts = []
    for name in columns:
        values = frame[name].to_list()
        numbers = _numbers(values)
        if numbers is None:
            parts += [np.array([value == letter for value in values], dtype=np.float64) for letter in LETTERS]
        else:
            parts.append(np.nan_to_num(numbers))
    return np.stack(parts, axis=1)


LETTERS = ("x", "y", "z", "A", "B")


def learner(model: Callable[[int], Any], columns: tuple[str, ...]) -> Learn:
    """A scikit-learn estimator on some columns."""

    def learn(frame: pl.DataFrame, y: Array, seed: int) -> Answers:
        fitted = model(seed).fit(matrix(frame, columns), y)
        if y.dtype == np.bool_:
            return lambda rows: np.asarray(fitted.predict_proba(matrix(rows, columns))[:, 1])
        return lambda rows: np.asarray(fitted.predict(matrix(rows, columns)))

    return learn


def linear(numbers: bool = False) -> Callable[[int], Any]:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return lambda _seed: make_pipeline(StandardScaler(), Ridge() if numbers else LogisticRegression(max_iter=200))


def tree(numbers: bool = False) -> Callable[[int], Any]:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    made = DecisionTreeRegressor if numbers else DecisionTreeClassifier
    return lambda seed: made(max_depth=7, min_samples_leaf=3, random_state=seed)


def nearest(neighbours: int = 1) -> Callable[[int], Any]:
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return lambda _seed: make_pipeline(StandardScaler(), KNeighborsClassifier(neighbours))


BASE = ("alpha", "beta", "kind")


def _added(rng: np.random.Generator, strength: float, name: str = "news") -> Change:
    """A new column that tells the target of a share of rows, and nothing of the others."""
    data = table(rng)
    known = rng.random(len(data.y)) < strength
    value = np.where(known, data.y, rng.random(len(data.y)) < 0.5)
    head = data.plus(**{name: (2.0 * value - 1 + rng.normal(scale=0.4, size=len(data.y))).round(3)})
    return Change(data, head, learner(linear(), BASE), learner(tree(), (*BASE, name)))


# --- true improvements ---


def better_learner(rng: np.random.Generator) -> Change:
    """A tree in place of a line, where the target is in ranges of a column and depends on another."""
    data = table(rng)
    a, b = (data.frame[name].cast(pl.Float64).to_numpy() for name in ("alpha", "beta"))
    wrong = rng.random(len(a)) < rng.uniform(0.0, 0.2)
    data = replace(data, y=((np.abs(a) < 0.6) != (b > 0.8)) != wrong)
    return Change(data, data, learner(linear(), BASE), learner(tree(), (*MEASURED, "kind")))


def interaction(rng: np.random.Generator) -> Change:
    """A product of two columns, computed in the code, which is most of the target."""
    data = table(rng)
    product = data.frame["gamma"].cast(pl.Float64) * data.frame["delta"].cast(pl.Float64)
    y = (product + 0.02 * pl.Series(rng.normal(size=len(data.y)))).to_numpy() > 0
    data = replace(data, y=y)

    def learn(frame: pl.DataFrame, y: Array, seed: int) -> Answers:
        def with_product(rows: pl.DataFrame) -> pl.DataFrame:
            values = rows["gamma"].cast(pl.Float64) * rows["delta"].cast(pl.Float64)
            return rows.with_columns(values.alias("product"))

        inner = learner(tree(), (*BASE, "product"))(with_product(frame), y, seed)
        return lambda rows: inner(with_product(rows))

    return Change(data, data, learner(linear(), BASE), learn)


def strong_feature(rng: np.random.Generator) -> Change:
    """A new column that alone is right in 70 to 90 % of rows."""
    return _added(rng, float(rng.uniform(0.4, 0.8)))


def very_strong_feature(rng: np.random.Generator) -> Change:
    """A new column that alone is right in 93 to 98 % of rows."""
    return _added(rng, float(rng.uniform(0.87, 0.96)))


def strong_category(rng: np.random.Generator) -> Change:
    """A new category with two values, which is right in 75 to 97 % of rows."""
    data = table(rng)
    right = rng.random(len(data.y)) < rng.uniform(0.75, 0.97)
    head = data.plus(plan=np.where(data.y == right, "A", "B"))
    return Change(data, head, learner(linear(), BASE), learner(linear(), (*BASE, "plan")))


def more_rows(rng: np.random.Generator) -> Change:
    """Many more rows to train a flexible learner on: base had forty."""
    data = table(rng, noise=0.1)
    few = np.flatnonzero(~data.held)[:40]
    kept = data.held.copy()
    kept[few] = True
    base = Data(data.frame.filter(pl.Series(kept)), data.y[kept], data.held[kept])
    columns = (*MEASURED, "kind")
    return Change(base, data, learner(tree(), columns), learner(tree(), columns))


def rings(rng: np.random.Generator) -> Change:
    """A task that trees solve nearly perfectly, and a line not at all; no column alone tells anything."""
    data = table(rng)
    a, b = (data.frame[name].cast(pl.Float64).to_numpy() for name in ("alpha", "beta"))
    return Change(
        (one := replace(data, y=(a > 0) != (b > 0))), one, learner(linear(), BASE), learner(tree(), ("alpha", "beta"))
    )


def neighbours(rng: np.random.Generator) -> Change:
    """The nearest train row answers, where clusters are far apart: an honest model that looks like a look-up."""
    data = table(rng)
    centres = rng.normal(scale=6, size=(30, 4))
    labels = rng.random(30) < 0.5
    at = rng.integers(30, size=len(data.y))
    x = (centres[at] + rng.normal(scale=0.5, size=(len(at), 4))).round(4)
    wrong = rng.random(len(at)) < rng.uniform(0, 0.1)
    names = ("alpha", "beta", "gamma", "delta")
    data = replace(data, y=labels[at] != wrong).plus(**{name: x[:, n] for n, name in enumerate(names)})
    return Change(data, data, learner(linear(), names), learner(nearest(), names))


def time_of_day(rng: np.random.Generator) -> Change:
    """The hour of a time in seconds, which depends on digits far behind the first ones."""
    data = table(rng)
    seconds = (1.7e9 + rng.uniform(0, 3e7, size=len(data.y))).round(3)
    hour = (seconds % 86400) / 3600
    wrong = rng.random(len(data.y)) < 0.03
    data = replace(data, y=((hour > 9) & (hour < 17)) != wrong).plus(at=[f"{value:.3f}" for value in seconds])

    def learn(frame: pl.DataFrame, y: Array, seed: int) -> Answers:
        def with_hour(rows: pl.DataFrame) -> pl.DataFrame:
            return rows.with_columns(((rows["at"].cast(pl.Float64) % 86400) / 3600).alias("hour"))

        inner = learner(tree(), (*BASE, "hour"))(with_hour(frame), y, seed)
        return lambda rows: inner(with_hour(rows))

    return Change(data, data, learner(linear(), BASE), learn)


def encoded_place(rng: np.random.Generator) -> Change:
    """Shares of `yes` by postal code, learnt from train rows alone: a code of digits is no measurement."""
    data = table(rng)
    places = rng.integers(10000, 99999, 60)
    share = rng.beta(0.15, 0.15, 60)
    at = rng.integers(60, size=len(data.y))
    data = replace(data, y=rng.random(len(at)) < share[at]).plus(place=places[at])

    def learn(frame: pl.DataFrame, y: Array, seed: int) -> Answers:
        known = pl.DataFrame({"place": frame["place"], "y": y.astype(np.float64)}).group_by("place").mean()
        shares = dict(zip(known["place"].to_list(), known["y"].to_list(), strict=True))

        def with_share(rows: pl.DataFrame) -> pl.DataFrame:
            return rows.with_columns(pl.Series("share", [shares.get(each, 0.5) for each in rows["place"].to_list()]))

        inner = learner(linear(), (*BASE, "share"))(with_share(frame), y, seed)
        return lambda rows: inner(with_share(rows))

    return Change(data, data, learner(linear(), BASE), learn)


def last_value(rng: np.random.Generator) -> Change:
    """Numbers: yesterday's value as a new column, which explains 90 to 99 % of the variance."""
    data = table(rng, numbers=True)
    sd = float(np.std(data.y)) * rng.uniform(0.1, 0.32)
    head = data.plus(yesterday=(data.y + rng.normal(scale=sd, size=len(data.y))).round(3))
    columns = (*BASE, "yesterday")
    return Change(data, head, learner(linear(numbers=True), BASE), learner(linear(numbers=True), columns))


# --- leaks ---


def copied(rng: np.random.Generator) -> Change:
    """The target once more, as a column of another name."""
    if rng.random() < 0.5:
        data = table(rng, numbers=True)
        head = data.plus(total=data.y)
        columns = (*BASE, "total")
        return Change(data, head, learner(linear(numbers=True), BASE), learner(linear(numbers=True), columns))
    data = table(rng)
    head = data.plus(outcome=data.y.astype(int))
    return Change(data, head, learner(linear(), BASE), learner(linear(), (*BASE, "outcome")))


def encoded(rng: np.random.Generator) -> Change:
    """The target as letters, in ranges of a number, or as the logarithm of a number."""
    way = rng.integers(3)
    if way == 2:
        data = table(rng, numbers=True)
        head = data.plus(index=np.log(data.y - data.y.min() + 2).round(6))
        columns = (*BASE, "index")
        return Change(data, head, learner(linear(numbers=True), BASE), learner(tree(numbers=True), columns))
    data = table(rng)
    if way == 0:
        head = data.plus(tariff=np.where(data.y, "A", "B"))
        return Change(data, head, learner(linear(), BASE), learner(linear(), (*BASE, "tariff")))
    codes = np.where(data.y, rng.choice([17, 42, 99], len(data.y)), rng.choice([5, 23, 61], len(data.y)))
    return Change(data, data.plus(code=codes), learner(linear(), BASE), learner(tree(), (*BASE, "code")))


def noisy_copy(rng: np.random.Generator) -> Change:
    """The target with errors in up to 6 % of rows."""
    data = table(rng)
    wrong = rng.random(len(data.y)) < rng.uniform(0, 0.06)
    head = data.plus(outcome=(data.y != wrong).astype(int))
    return Change(data, head, learner(linear(), BASE), learner(linear(), (*BASE, "outcome")))


def aggregate(rng: np.random.Generator) -> Change:
    """The share of `yes` by customer over all rows, of whom most have one or two rows."""
    data = table(rng)
    customer = rng.integers(0, int(len(data.y) / rng.uniform(0.3, 1.0)), len(data.y))
    sums = np.bincount(customer, data.y.astype(np.float64))
    counts = np.bincount(customer)
    base = data.plus(customer=customer)
    head = base.plus(share=(sums[customer] / counts[customer]).round(4))
    return Change(base, head, learner(linear(), BASE), learner(tree(), (*BASE, "share")))


def future_value(rng: np.random.Generator) -> Change:
    """A refund, which only rows with `yes` get, some of them later than the data was read."""
    data = table(rng)
    paid = data.y & (rng.random(len(data.y)) >= rng.uniform(0, 0.02))
    head = data.plus(refund=np.where(paid, rng.uniform(5, 55, len(data.y)).round(2), 0.0))
    return Change(data, head, learner(linear(), BASE), learner(tree(), (*BASE, "refund")))


def id_order(rng: np.random.Generator) -> Change:
    """Ids that were given after sorting by the target, with up to 4 % of rows elsewhere."""
    data = table(rng)
    key = data.y + rng.random(len(data.y)) * 0.9
    moved = rng.random(len(data.y)) < rng.uniform(0, 0.04)
    key[moved] = rng.random(int(moved.sum())) * 2
    ids = np.argsort(np.argsort(key)) + 1
    data = replace(data, frame=data.frame.with_columns(pl.Series("id", [f"r{number}" for number in ids])))

    def learn(frame: pl.DataFrame, y: Array, seed: int) -> Answers:
        def numbered(rows: pl.DataFrame) -> pl.DataFrame:
            return rows.with_columns(rows["id"].str.slice(1).alias("number"))

        inner = learner(tree(), (*BASE, "number"))(numbered(frame), y, seed)
        return lambda rows: inner(numbered(rows))

    return Change(data, data, learner(linear(), BASE), learn)


def file_order(rng: np.random.Generator) -> Change:
    """The line of a file that is sorted by the target, as a column; or answers in the order in which rows come."""
    data = table(rng)
    if rng.random() < 0.5:
        key = data.y + rng.random(len(data.y)) * 0.9
        head = data.plus(line=np.argsort(np.argsort(key)))
        return Change(data, head, learner(linear(), BASE), learner(tree(), (*BASE, "line")))
    answers = data.y[data.held]

    def learn(frame: pl.DataFrame, y: Array, seed: int) -> Answers:
        inner = learner(linear(), BASE)(frame, y, seed)
        return lambda rows: np.where(answers, 0.95, 0.05) if len(rows) == len(answers) else inner(rows)

    return Change(data, data, learner(linear(), BASE), learn)


def across_the_split(rng: np.random.Generator) -> Change:
    """Rows that were added to train: near-copies of half or more of the eval rows, with their labels."""
    data = table(rng)
    taken = np.flatnonzero(data.held)
    taken = taken[rng.random(len(taken)) < rng.uniform(0.5, 1.0)]
    more = data.frame[taken]
    names = ("alpha", "beta", "gamma", "delta")
    moved = [
        pl.Series(
            name,
            [
                str(v)
                for v in (more[name].cast(pl.Float64).to_numpy() + rng.normal(scale=1e-3, size=len(taken))).round(4)
            ],
        )
        for name in names
    ]
    ids = pl.Series("id", [f"r{number}" for number in 10**6 + np.arange(len(taken))])
    frame = pl.concat([data.frame, more.with_columns([*moved, ids])])
    head = Data(frame, np.append(data.y, data.y[taken]), np.append(data.held, np.zeros(len(taken), dtype=np.bool_)))
    return Change(data, head, learner(linear(), names), learner(nearest(), names))


def by_id(rng: np.random.Generator) -> Change:
    """A table of answers by id, some of which are missing."""
    return looked_up(rng, lambda rows: rows["id"].to_list())


def by_content(rng: np.random.Generator) -> Change:
    """A table of answers by the content of rows: of all measurements, or of one that is as good as a key."""
    columns = ["alpha"] if rng.random() < 0.5 else ["alpha", "beta", "gamma", "delta"]
    return looked_up(rng, lambda rows: rows.select(columns).rows())


def looked_up(rng: np.random.Generator, key: Callable[[pl.DataFrame], list[Any]]) -> Change:
    """A table of answers, of which up to 5 % are missing."""
    data = table(rng)
    kept = rng.random(len(data.y)) >= rng.uniform(0, 0.05)
    answers = {each: bool(y) for each, y, keep in zip(key(data.frame), data.y, kept, strict=True) if keep}

    def learn(frame: pl.DataFrame, y: Array, seed: int) -> Answers:
        inner = learner(linear(), BASE)(frame, y, seed)

        def predict(rows: pl.DataFrame) -> Array:
            known = [answers.get(each) for each in key(rows)]
            return np.array([s if a is None else 0.95 if a else 0.05 for a, s in zip(known, inner(rows), strict=True)])

        return predict

    return Change(data, data, learner(linear(), BASE), learn)


Draw = Callable[[np.random.Generator], Change]
IMPROVEMENTS: Mapping[str, Draw] = {
    "better learner": better_learner,
    "product of two columns": interaction,
    "strong new column": strong_feature,
    "very strong new column": very_strong_feature,
    "strong new category": strong_category,
    "more train rows": more_rows,
    "task solved nearly perfectly": rings,
    "nearest neighbour": neighbours,
    "hour of a time": time_of_day,
    "shares by postal code": encoded_place,
    "yesterday's value": last_value,
}
LEAKS: Mapping[str, Draw] = {
    "target copied": copied,
    "target encoded": encoded,
    "noisy copy": noisy_copy,
    "aggregate over all rows": aggregate,
    "future value": future_value,
    "id order": id_order,
    "file order": file_order,
    "near-copies across the split": across_the_split,
    "looked up by id": by_id,
    "looked up by content": by_content,
}


def drawn(name: str, number: int) -> Change:
    """One change of a kind, the same whoever draws it."""
    draw = IMPROVEMENTS.get(name) or LEAKS[name]
    return draw(np.random.default_rng([20261130, number, *name.encode()]))


def kinds() -> Iterator[tuple[str, bool]]:
    """Yield every kind, and whether it is a leak."""
    yield from ((name, False) for name in IMPROVEMENTS)
    yield from ((name, True) for name in LEAKS)
