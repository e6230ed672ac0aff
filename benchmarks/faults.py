"""Changes that keep the headline metric within its margin: faults that other evidence must show, and harmless ones.

Each is a class that overrides one step of the pipeline, as the pull request would.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.learners import GENERATORS, TRAIN_ROWS, Model
from benchmarks.pipelines import CHANNELS, REGIONS, Pipeline, Records, Scale, Trained
from benchmarks.pull import Array, goodness
from benchmarks.session import MAY_TRAIN, Data, MemorySession
from gatebot.evidence.column import Column, Names
from gatebot.evidence.need import Side, Tier

TREES, WORDS, PRICES = GENERATORS
CLASSIFIERS = (TREES, WORDS)
RANGES = 24
CELLS = RANGES * len(REGIONS)


class Family(StrEnum):
    """Kinds of changes."""

    HARMLESS = "harmless"
    EVALUATION = "evaluation"
    PROBABILITIES = "probabilities"
    PREPROCESSING = "preprocessing"
    SLICE = "slice"
    ENCODING = "encoding"
    IGNORED = "ignored rows"
    DUPLICATED = "duplicated rows"
    CHANCE = "chance"
    COST = "cost"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Fault:
    """A change of the pipeline.

    Attributes:
        name: in words.
        family: its kind.
        pipeline: head's code.
        where: the generators with whose learner it does harm, and not so much that the headline metric shows it.
    """

    name: str
    family: Family
    pipeline: type[Pipeline]
    where: tuple[str, ...] = tuple(GENERATORS)


# --- the evaluation that writes the metrics file ---


class _ScoresTrainRows(Pipeline):
    def scored(self, trained: Trained) -> tuple[Records, Array]:
        return trained.kept, self.predict(trained, trained.kept, np.random.default_rng(trained.seed))


class _DropsHardRows(Pipeline):
    """An "outlier filter" on the errors: the worst tenth of the rows is not scored."""

    def scored(self, trained: Trained) -> tuple[Records, Array]:
        held, output = Pipeline.scored(self, trained)
        doubt = -output.max(axis=1) if self.generator.classes else np.abs(output - held.y)
        easy = np.argsort(doubt, kind="stable")[: -len(held) // 10]
        return held.take(easy), output[easy]


class _OtherAverage(Pipeline):
    """The mean over classes for that over rows, the median error for the mean one."""

    def metrics(self, truth: Column, output: Array) -> dict[str, float]:
        right = goodness(truth, output)
        if not isinstance(truth, Names):
            return {"mae": -float(np.median(right))}
        return {"accuracy": float(np.mean([right[truth.codes == code].mean() for code in np.unique(truth.codes)]))}


class _StalePredictions(Pipeline):
    """Predictions are cached by row, and come from an earlier split whose model has seen most of these rows."""

    def scored(self, trained: Trained) -> tuple[Records, Array]:
        every = _joined(trained.kept, trained.held)
        old = Pipeline.train(_Main(self.generator), every, trained.seed + 1)
        return trained.held, Pipeline.predict(self, old, trained.held, np.random.default_rng(trained.seed))


# --- probabilities ---


class _TooSure(Pipeline):
    """Log odds are doubled: a temperature that was left out."""

    def told(self, output: Array, _luck: np.random.Generator) -> Array:
        return _normal(output**2)


class _Shifted(Pipeline):
    """The log odds of the last class are lower by 0.8, or by 0.4 where there are more than two."""

    def told(self, output: Array, _luck: np.random.Generator) -> Array:
        many = output.shape[1]
        shift = np.where(np.arange(many) == many - 1, 0.8 if many == 2 else 0.4, 0.0)
        return _normal(output * np.exp(-shift))


class _LabelsForProbabilities(Pipeline):
    """1 for the class that is most probable and 0 for the others."""

    def told(self, output: Array, _luck: np.random.Generator) -> Array:
        return np.asarray(output.argmax(axis=1)[:, None] == np.arange(output.shape[1]), dtype=np.float64)


# --- preprocessing ---


class _FittedOnAllRows(Pipeline):
    """The mean target by region and amount stands for the amount: of all rows, those held out too."""

    def scale(self, kept: Records, held: Records) -> Array:
        every = _joined(kept, held)
        y = (every.y - every.y.mean()) / max(float(every.y.std()), 1e-9)
        sums, counts = (np.bincount(_cells(every), w, minlength=CELLS) for w in (y, np.ones(len(y))))
        return np.asarray(sums / (counts + 1.0))

    def features(self, records: Records, scale: Any) -> Array:
        return self.matrix(records.x, scale[_cells(records)], records.region)


class _FittedInPredict(Pipeline):
    """`fit_transform` for `transform`: the amount is scaled by the rows that `predict` gets."""

    def served(self, records: Records, _scale: Scale) -> Array:
        return self.features(records, Scale.of(records))


class _EncodingSkipped(Pipeline):
    """No row has a region in `predict`."""

    def served(self, records: Records, scale: Scale) -> Array:
        return self.features(replace(records, region=np.full_like(records.region, -1)), scale)


class _SentinelInPredict(Pipeline):
    """What stands for a missing amount is not replaced in `predict`."""

    def served(self, records: Records, scale: Scale) -> Array:
        missing = np.isnan(records.amount)
        amount = np.where(missing, -9.0, (np.log(records.amount) - scale.centre) / scale.spread)
        return self.matrix(records.x, amount, records.region)


# --- one small slice ---


class _DeclaredSliceLost(Pipeline):
    """Rows of the rarest channel reach the model without their features: 3 % of the rows."""

    def served(self, records: Records, scale: Scale) -> Array:
        return _without(self.features(records, scale), records.channel == len(CHANNELS) - 1)


class _OtherSliceLost(Pipeline):
    """The same of the rarest region, which nobody declared: 4 % of the rows."""

    def served(self, records: Records, scale: Scale) -> Array:
        return _without(self.features(records, scale), records.region == len(REGIONS) - 1)


class _SliceMislabelled(Pipeline):
    """A join gives rows of the rarest region the targets of their neighbours in the file, so the model learns that."""

    def labels(self, kept: Records) -> NDArray[Any]:
        rare = np.flatnonzero(kept.region == len(REGIONS) - 1)
        y = kept.y.copy()
        y[rare] = np.roll(kept.y[rare], 1)
        return y


# --- units and codes ---


class _CentsInOneChannel(Pipeline):
    """`predict` reads cents where training had euros, in rows of the rarest channel."""

    def served(self, records: Records, scale: Scale) -> Array:
        factor = np.where(records.channel == len(CHANNELS) - 1, 100.0, 1.0)
        return self.features(replace(records, amount=records.amount * factor), scale)


class _TwoMonths(Pipeline):
    """`predict` reads amounts of two months where training had those of one."""

    def served(self, records: Records, scale: Scale) -> Array:
        return self.features(replace(records, amount=2 * records.amount), scale)


class _OtherCodes(Pipeline):
    """`predict` codes the regions in another order than training."""

    def served(self, records: Records, scale: Scale) -> Array:
        codes = ((records.region + 1) % len(REGIONS)).astype(np.int32)
        return self.features(replace(records, region=codes), scale)


# --- rows to train on ---


class _First(Pipeline):
    """`head(800)`, left in from debugging: as many rows as the smoke tier has, so it shows on more rows only."""

    def read(self, given: Records) -> Records:
        return given.take(np.arange(min(len(given), TRAIN_ROWS[Tier.SMOKE])))


class _FirstHalf(Pipeline):
    """The rest is skipped silently."""

    def read(self, given: Records) -> Records:
        return given.take(np.arange(len(given) // 2))


class _Doubled(Pipeline):
    """A join that repeats rows before some are held out, so that most of these are trained on, too."""

    def read(self, given: Records) -> Records:
        return _joined(given, given)


class _SomeRepeated(Pipeline):
    """One row in ten stands there eight times."""

    def read(self, given: Records) -> Records:
        return given.take(np.repeat(np.arange(len(given)), np.where(np.arange(len(given)) % 10 == 0, 8, 1)))


# --- chance ---


class _Noisy(Pipeline):
    """Noise in `predict`, such as dropout that was left on; a new draw in each call."""

    def told(self, output: Array, luck: np.random.Generator) -> Array:
        noise = luck.normal(size=output.shape)
        if not self.generator.classes:
            return np.asarray(output + 0.6 * noise)
        return _normal(np.clip(output, 1e-3, 1.0) * np.exp(0.4 * noise))


class _SometimesNoisy(Pipeline):
    """The same in one row of twenty, such as a tie that is broken by chance."""

    def told(self, output: Array, luck: np.random.Generator) -> Array:
        moved = luck.random(len(output)) < 0.05
        noisy = _Noisy.told(self, output, luck)  # type: ignore[arg-type]
        return np.where(moved if noisy.ndim == 1 else moved[:, None], noisy, output)


# --- costs ---


class _TenTimesTheMembers(Pipeline):
    """Ten times as many trees: as good, ten times as large, as slow and as dear."""

    slowness = size = effort = 10.0

    def learner(self, seed: int) -> Model:
        model: Any = Pipeline.learner(self, seed)
        return model.set_params(n_estimators=10 * model.n_estimators)  # type: ignore[no-any-return]


class _TenTimesSlower(Pipeline):
    """A loop over rows in `predict`."""

    slowness = 10.0


class _TenTimesLarger(Pipeline):
    """The training data is stored with the model."""

    size = 10.0


class _TenTimesDearer(Pipeline):
    """A search whose result is not used."""

    effort = 10.0


class _TenTimesTheMemory(Pipeline):
    """Copies of the data."""

    memory = 10.0


class _Leaks(Pipeline):
    """A list keeps the rows of each call."""

    growth = 5e6


class _LeaksMuch(Pipeline):
    growth = 50e6


FAULTS = (
    Fault("scores train rows", Family.EVALUATION, _ScoresTrainRows),
    Fault("drops hard rows", Family.EVALUATION, _DropsHardRows),
    Fault("other average", Family.EVALUATION, _OtherAverage),
    Fault("stale predictions", Family.EVALUATION, _StalePredictions),
    Fault("too sure", Family.PROBABILITIES, _TooSure, CLASSIFIERS),
    Fault("shifted", Family.PROBABILITIES, _Shifted, CLASSIFIERS),
    Fault("labels for probabilities", Family.PROBABILITIES, _LabelsForProbabilities, CLASSIFIERS),
    Fault("fitted on all rows", Family.PREPROCESSING, _FittedOnAllRows),
    Fault("fitted in predict", Family.PREPROCESSING, _FittedInPredict),
    Fault("encoding skipped in predict", Family.PREPROCESSING, _EncodingSkipped),
    Fault("sentinel left in predict", Family.PREPROCESSING, _SentinelInPredict, (WORDS, PRICES)),
    Fault("declared slice lost", Family.SLICE, _DeclaredSliceLost),
    Fault("undeclared slice lost", Family.SLICE, _OtherSliceLost),
    Fault("slice mislabelled", Family.SLICE, _SliceMislabelled),
    Fault("cents in one channel", Family.ENCODING, _CentsInOneChannel, (WORDS,)),
    Fault("two months for one", Family.ENCODING, _TwoMonths, (WORDS,)),
    Fault("other codes", Family.ENCODING, _OtherCodes),
    Fault("head(800) left in", Family.IGNORED, _First),
    Fault("first half only", Family.IGNORED, _FirstHalf),
    Fault("all rows twice", Family.DUPLICATED, _Doubled),
    Fault("some rows eight times", Family.DUPLICATED, _SomeRepeated),
    Fault("noise in predict", Family.CHANCE, _Noisy),
    Fault("noise in a row of twenty", Family.CHANCE, _SometimesNoisy),
    Fault("ten times the trees", Family.COST, _TenTimesTheMembers, (TREES,)),
    Fault("predicts ten times slower", Family.COST, _TenTimesSlower, (WORDS, PRICES)),
    Fault("ten times larger", Family.COST, _TenTimesLarger, (WORDS, PRICES)),
    Fault("trains ten times longer", Family.COST, _TenTimesDearer, (WORDS, PRICES)),
    Fault("ten times the memory", Family.MEMORY, _TenTimesTheMemory, (WORDS, PRICES)),
    Fault("5 MB more with each call", Family.MEMORY, _Leaks, (WORDS, PRICES)),
    Fault("50 MB more with each call", Family.MEMORY, _LeaksMuch, (WORDS, PRICES)),
)


# --- harmless changes ---


class _Main(Pipeline):
    """Nothing that matters changes."""


class _OtherSeed(Pipeline):
    def train(self, given: Records, seed: int) -> Trained:
        return Pipeline.train(self, given, seed + 1)


class _OtherOrder(Pipeline):
    def read(self, given: Records) -> Records:
        return given.take(np.random.default_rng(len(given)).permutation(len(given)))


class _Tuned(Pipeline):
    def learner(self, seed: int) -> Model:
        return self.generator.model(seed, True)


class _OtherHoldOut(Pipeline):
    """Other rows are held out for the claim."""

    def split(self, records: Records, seed: int) -> tuple[Records, Records]:
        return Pipeline.split(self, records, seed + 7)


class _SinglePrecision(Pipeline):
    def told(self, output: Array, _luck: np.random.Generator) -> Array:
        return output.astype(np.float32).astype(np.float64)


class _FifthSlower(Pipeline):
    """And a fifth larger and dearer, as more features make it."""

    slowness = size = effort = memory = 1.2


HARMLESS: tuple[Fault, ...] = tuple(
    Fault(name, Family.HARMLESS, pipeline)
    for name, pipeline in (
        ("refactoring", _Main),
        ("other seed", _OtherSeed),
        ("row order", _OtherOrder),
        ("equal hyper-parameters", _Tuned),
        ("other rows held out", _OtherHoldOut),
        ("single precision", _SinglePrecision),
        ("a fifth slower and larger", _FifthSlower),
    )
)


def all_changes() -> Iterator[tuple[Fault, str]]:
    """Each change on each generator for which it is meant."""
    yield from ((change, name) for change in (*HARMLESS, *FAULTS) for name in change.where)


def session(rng: np.random.Generator, fault: Fault, world: str, rows: int) -> MemorySession:
    """Main's code and the pull request's on rows of one draw."""
    generator = GENERATORS[world]
    train = Records.draw(rng, generator, MAY_TRAIN)
    key, *seeds = rng.integers(0, 2**31 - 1, size=11).tolist()
    data = Data(train, Records.draw(rng, generator, rows), key, tuple(seeds))
    return MemorySession(data, {Side.BASE: Pipeline(generator), Side.HEAD: fault.pipeline(generator)})


def _cells(records: Records) -> NDArray[np.intp]:
    """Region and range of the amount, of which 0 is missing."""
    edges = np.exp(np.linspace(1.5, 5.0, RANGES - 1))
    return np.asarray(RANGES * records.region + np.digitize(np.nan_to_num(records.amount), edges), dtype=np.intp)


def _joined(one: Records, other: Records) -> Records:
    names = ("x", "amount", "region", "channel", "y")
    return Records(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in names))


def _without(features: Array, lost: NDArray[np.bool_]) -> Array:
    """Features of these rows are zero."""
    return np.where(lost[:, None], 0.0, features)


def _normal(scores: Array) -> Array:
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))
