"""Evidence of two pipelines as the collector would leave it, in memory: trained and predicted for real, costs drawn."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn
from zlib import crc32

import numpy as np

from benchmarks.learners import TRAIN_ROWS, Generator
from benchmarks.pipelines import CHANNELS, REGIONS, Index, Pipeline, Records, Trained
from benchmarks.pull import Array, about, answered, facts_of, goodness
from gatebot.comparison.case import Case
from gatebot.core.report import State
from gatebot.evidence.column import Column, Names, concatenated
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.kind import Evidence, Inspection, UnmetError
from gatebot.evidence.leakage import Leakage
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import EVAL, TRAIN, Predict, Predictions
from gatebot.evidence.predictions.rows import AnyRows, Rows
from gatebot.evidence.profile import ColumnProfile, DataProfile, Levels, RowTable, Trait
from gatebot.evidence.registry import kind_of
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Labels, Training, training_of
from gatebot.evidence.training import Model as Reference
from gatebot.evidence.truth import Truth
from gatebot.run.gate import Gated, gate, gather

FIRST_TRAIN_ID = 10**9
LEFT_OUT = 10
"""One row in so many is left out by each seed."""
MAY_TRAIN = TRAIN_ROWS[Tier.CONFIRM] * LEFT_OUT // (LEFT_OUT - 1)
"""Rows of which the confirm tier takes all that its seed does not leave out."""
SINGLE_S, BATCH_S, TRAIN_S = 0.010, 0.100, 20.0
"""What main's model takes on a quiet machine: a call with one row, with 2,000 rows, and a training."""
PEAK_BYTES, ARTIFACT_BYTES = 400e6, 20e6
BUSY, JITTER, CREEP_BYTES = 0.5, 0.1, 50e3
"""By how much a busy machine slows a process down at most; spread of single calls; memory that allocators keep."""


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """The rows that both sides have.

    Attributes:
        train: rows to train on; each seed leaves out its own tenth, and each tier takes the first ones of the others.
        eval: rows to predict.
        key: of everything that is drawn in one run.
        seeds: the value of each seed.
    """

    train: Records
    eval: Records
    key: int
    seeds: tuple[int, ...]

    def given(self, fit: Fit) -> Index:
        """The places of the rows that a training gets, in the order of the file."""
        order = np.random.default_rng([self.key, fit.varied_by]).permutation(len(self.train))
        kept = np.sort(order[len(order) // LEFT_OUT :])
        return kept[: fit.rows or TRAIN_ROWS[fit.tier]]


@dataclass(slots=True, eq=False)
class MemorySession:
    """What collecting may ask of the pipelines (`gatebot.evidence.kind.Session`). A model is trained once."""

    data: Data
    pipelines: Mapping[Side, Pipeline]
    _trained: dict[Fit, Trained] = field(default_factory=dict)
    _outputs: dict[Predict, Array] = field(default_factory=dict)

    def profile(self, side: Side) -> DataProfile:
        """The data, which is the same on both sides."""
        return _profile(self.data.train, self.data.eval)

    def train(self, fit: Fit) -> Training:
        """Train, unless it was trained before."""
        trained = self.model(fit)
        pipeline, luck = self.pipelines[fit.side], self._luck(fit)
        seconds = pipeline.effort * TRAIN_S * _busy(luck)
        peak = int(pipeline.memory * PEAK_BYTES * luck.uniform(1.0, 1.05))
        ran = Effects(Ending.OK, 0, seconds, seconds, peak)
        size = int(pipeline.size * ARTIFACT_BYTES * luck.uniform(1.0, 1.02))
        return Training(ran, len(trained.kept) + len(trained.held), f"{fit.tier}-{fit.rows}", size)

    def predict(self, need: Predict) -> Predictions:
        """Predict these rows, in calls of their size."""
        records, ids = self._asked(need)
        seconds = self.pipelines[need.side].slowness * BATCH_S * max(1.0, len(ids) / 2000)
        ran = Effects(Ending.OK, 0, seconds, seconds, int(PEAK_BYTES))
        columns = answered(self._truth(records), self.output(need))
        return Predictions(ran, ids, columns)

    def metrics_file(self, need: MetricsFile) -> ReportedMetrics:
        """What the training wrote."""
        return ReportedMetrics(self.pipelines[need.side].claim(self.model(need.training)))

    def inspect(self, fit: Fit, program: Path, facts: Mapping[str, Any]) -> Inspection:
        """What the programs beside the model would return: drawn times and memory, and no side effects."""
        luck, pipeline = self._luck(fit, program.parent.name), self.pipelines[fit.side]
        if program.parent.name == "side_effects":
            rows = min(facts["rows"], len(self.data.eval))
            return Inspection({"rows": rows, "input": [], "files": [], "random": [], "folder": False})
        if program.parent.name != "operation":
            _refuse(program.parent.name)
        slower = pipeline.slowness * _busy(luck)
        single = SINGLE_S * slower * np.exp(JITTER * np.abs(luck.normal(size=facts["single_calls"])))
        batch = BATCH_S * slower * np.exp(JITTER * np.abs(luck.normal(size=facts["batch_calls"])))
        growth = pipeline.growth + CREEP_BYTES * abs(luck.normal())
        peak = int(pipeline.memory * PEAK_BYTES * luck.uniform(1.0, 1.05) + growth * facts["batch_calls"])
        rows = min(facts["rows"], len(self.data.eval))
        values = {"single": single.tolist(), "batch": batch.tolist(), "rows": rows, "growth": growth}
        return Inspection(values, start_s=1.0, peak_rss_bytes=peak)

    def leakage(self, need: Leakage) -> NoReturn:
        """There is none."""
        _refuse("leakage")

    def sketches(self, side: Side, table: str) -> NoReturn:
        """There are none."""
        _refuse("sketches")

    def score(self, need: Need) -> NoReturn:
        """There are no metrics of the user's own."""
        _refuse("own metrics")

    def read_file(self, side: Side, path: str, most: int) -> NoReturn:
        """There are no files."""
        _refuse("files")

    def files_read(self, fit: Fit) -> NoReturn:
        """No file is read."""
        _refuse("files that are read")

    def history(self, need: Need) -> NoReturn:
        """There are no earlier runs."""
        _refuse("history")

    def service(self, need: Need) -> NoReturn:
        """There is no service."""
        _refuse("a service")

    def model(self, fit: Fit) -> Trained:
        """The trained model."""
        if fit.capacity != 1:
            _refuse("models of another capacity")
        if fit not in self._trained:
            records = self.data.train.take(self.data.given(fit))
            if fit.labels is Labels.SHUFFLED:
                records = replace(records, y=self._luck(fit).permutation(records.y))
            self._trained[fit] = self._pipeline(fit).train(records, self.data.seeds[fit.seed])
        return self._trained[fit]

    def output(self, need: Predict) -> Array:
        """What the model answers."""
        if need not in self._outputs:
            records, _ = self._asked(need)
            trained, luck = self.model(need.fit), self._luck(need)
            pipeline = self._pipeline(need.fit)
            size = need.rows.batch or len(records)
            calls = [np.arange(start, min(start + size, len(records))) for start in range(0, len(records), size)]
            self._outputs[need] = np.concatenate(
                [pipeline.predict(trained, records.take(rows), luck) for rows in calls]
            )
        return self._outputs[need]

    def goodness(self, fit: Fit, rows: AnyRows = EVAL) -> Array:
        """How good each row's prediction is."""
        need = Predict(fit, rows)
        return goodness(self._truth(self._asked(need)[0]), self.output(need))

    @property
    def task(self) -> str:
        """Of both sides."""
        return self._generator.task

    def truth(self, *, trained: bool) -> Truth:
        """The labels of the eval rows, and of the training rows where they were predicted."""
        ids, target = _eval_ids(self.data.eval), self._truth(self.data.eval)
        if not trained:
            return Truth(ids, target)
        train = self.data.train
        return Truth(np.concatenate([ids, _train_ids(train)]), concatenated([target, self._truth(train)]))

    def _pipeline(self, fit: Fit) -> Pipeline:
        if fit.model is Reference.USER:
            return self.pipelines[fit.side]
        return (_Constant if fit.model is Reference.TRIVIAL else _Linear)(self._generator)

    def _asked(self, need: Predict) -> tuple[Records, Any]:
        rows = need.rows
        if rows.may_crash or rows.table is not None:
            _refuse(rows.text)
        records, ids = self.data.eval, _eval_ids(self.data.eval)
        if rows.is_train:
            given = self.data.given(need.fit)
            records, ids = self.data.train.take(given), _train_ids(self.data.train)[given]
        index: Index = rows.select(np.arange(len(records)))
        asked = records.take(index)
        if type(rows).change is not Rows.change:
            asked = asked.reading(rows.change(asked.frame()))
        return asked, ids[index]

    def _truth(self, records: Records) -> Column:
        return self._generator.truth(records.y)

    @property
    def _generator(self) -> Generator:
        return self.pipelines[Side.HEAD].generator

    def _luck(self, need: Need, *words: str) -> np.random.Generator:
        """What is drawn for a need: the same whenever it is collected."""
        return np.random.default_rng([self.data.key, *(crc32(each.encode()) for each in (need.side, need.key, *words))])


@dataclass(slots=True, eq=False)
class MemoryCollector:
    """Carries out needs at once (`gatebot.run.gate.Collector`)."""

    session: MemorySession
    sides: frozenset[Side] = frozenset(Side)
    left_out: Callable[[Need], bool] = lambda _need: False
    base_failure: str = ""
    user_s: float = 0.0
    _trained: bool = False

    @property
    def reachable(self) -> frozenset[Side]:
        return self.sides

    def collect(self, needs: Iterable[Need]) -> Mapping[Side, Snapshot]:
        asked = [need for need in dict.fromkeys(needs) if not self.left_out(need)]
        return {side: self._snapshot(side, [n for n in asked if n.side is side]) for side in {n.side for n in asked}}

    def _snapshot(self, side: Side, asked: list[Need]) -> Snapshot:
        found: dict[Need, Evidence] = {}
        unmet: dict[Need, str] = {}
        for need in asked:
            try:
                found[need] = kind_of(need).collect(need, self.session)
            except UnmetError as why:
                unmet[need] = str(why)
        trained = any(isinstance(need, Predict) and need.rows == TRAIN for need in found)
        return Snapshot(about(self.session.task), found, unmet, self.session.truth(trained=trained))


def gated(session: MemorySession, metrics: tuple[str, ...] = ()) -> Gated:
    """Main's own run, then the pull request's: what `gatebot run` does.

    Main's confirm tier is trained when it is asked for, because most pull requests never need it.
    """
    facts = facts_of(session.task, metrics)
    alone = MemorySession(session.data, {Side.HEAD: session.pipelines[Side.BASE]})
    main = MemoryCollector(alone, frozenset([Side.HEAD]), lambda need: _tier(need) is Tier.CONFIRM)
    known = gather(Case(facts.model_copy(update={"states": (State.BASELINE,)})), main, as_baseline=True).head
    return gate(Case(facts, base=known), MemoryCollector(session))


class _Constant(Pipeline):
    """The first model that gatebot compares with."""

    def learner(self, seed: int) -> Any:
        from sklearn.dummy import DummyClassifier, DummyRegressor

        return DummyClassifier(strategy="prior") if self.generator.classes else DummyRegressor()


class _Linear(Pipeline):
    """The second one."""

    def learner(self, seed: int) -> Any:
        from sklearn.linear_model import LogisticRegression, Ridge

        return LogisticRegression(max_iter=200) if self.generator.classes else Ridge()


def _refuse(what: str) -> NoReturn:
    raise UnmetError(f"{what}: not part of this benchmark")


def _busy(luck: np.random.Generator) -> float:
    return float(1.0 + BUSY * luck.random())


def _tier(need: Need) -> Tier | None:
    fit = training_of(need)
    return None if fit is None else fit.tier


def _eval_ids(records: Records) -> Any:
    return np.arange(len(records), dtype=np.uint64)


def _train_ids(records: Records) -> Any:
    return FIRST_TRAIN_ID + np.arange(len(records), dtype=np.uint64)


def _profile(train: Records, rows: Records) -> DataProfile:
    ids = _eval_ids(rows)
    levels = (
        Levels("region", Trait.VALUE, Names(rows.region, tuple(f"region={name}" for name in REGIONS))),
        Levels("amount", Trait.RANGE, _ranges(rows.amount)),
    )
    table = RowTable(ids, ids, None, np.zeros(len(rows), np.uint64), {"channel": Names(rows.channel, CHANNELS)}, levels)
    many = len(train) + len(rows)
    features = [ColumnProfile(f"x{at}", "number", many, 0, many) for at in range(rows.x.shape[1])]
    columns = (
        *features,
        ColumnProfile("amount", "number", many, int(np.isnan(rows.amount).sum()), many),
        ColumnProfile("region", "category", many, 0, len(REGIONS)),
        ColumnProfile("channel", "category", many, 0, len(CHANNELS)),
    )
    return DataProfile(many, len(train), columns, tuple(each.name for each in columns), table)


def _ranges(amount: Array) -> Names:
    edges = np.nanquantile(amount, np.arange(1, 6) / 6)
    named = (f"amount up to {edges[0]:.0f}", *(f"amount over {edge:.0f}" for edge in edges), "amount missing")
    codes = np.where(np.isnan(amount), len(edges) + 1, np.searchsorted(edges, amount))
    return Names(codes.astype(np.int32), named)
