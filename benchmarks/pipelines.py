"""A small repository: it reads rows, trains a real learner on most of them, predicts, and claims a metric on the rest.

A change of it is a class that overrides one step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.learners import Generator, Model
from benchmarks.pull import Array, goodness
from gatebot.evidence.column import Column

if TYPE_CHECKING:
    import polars as pl

Codes = NDArray[np.int32]
Index = NDArray[np.intp]

CHANNELS, CHANNEL_SHARES = ("web", "mail", "phone", "fax"), (0.57, 0.3, 0.1, 0.03)
"""The declared slices; the last is small."""
REGIONS, REGION_SHARES = ("a", "b", "c", "d", "e", "f"), (0.28, 0.22, 0.18, 0.16, 0.13, 0.03)
"""A column that nobody declared a slice of; the last value is rare."""
WORDED = {"region": REGIONS, "channel": CHANNELS}
MISSING = 0.04
"""Share of rows without an amount."""
HELD = 5
"""One row in so many is held out for the claim."""


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Rows of a table.

    Attributes:
        x: [n, F], what the generator draws.
        amount: [n], in euros, and higher where the target is; NaN where it is missing.
        region: [n], codes; some targets are likelier in some regions.
        channel: [n], codes; no feature.
        y: [n], the target.
    """

    x: Array
    amount: Array
    region: Codes
    channel: Codes
    y: NDArray[Any]

    @classmethod
    def draw(cls, rng: np.random.Generator, generator: Generator, n: int) -> "Records":
        """So many rows."""
        table = generator.rows(rng, n)
        high = table.y / max(1, len(generator.classes) - 1) if generator.classes else (table.y - 52.7) / 5.0
        amount = np.exp(3.0 + (0.4 if generator.classes else 0.2) * high + 0.6 * rng.normal(size=n))
        amount[rng.random(n) < MISSING] = np.nan
        region = rng.choice(len(REGIONS), n, p=REGION_SHARES)
        moved = rng.random(n) < 0.7 * high
        region = np.where(moved & (region < 2), region + 2, region)
        channel = rng.choice(len(CHANNELS), n, p=CHANNEL_SHARES)
        return cls(table.x, amount, region.astype(np.int32), channel.astype(np.int32), table.y)

    def __len__(self) -> int:
        return len(self.y)

    def take(self, index: NDArray[Any]) -> "Records":
        """Some rows, in that order."""
        return Records(self.x[index], self.amount[index], self.region[index], self.channel[index], self.y[index])

    def frame(self) -> "pl.DataFrame":
        """The features as a table, in which a check may change values."""
        import polars as pl

        numbers = {**{f"x{at}": self.x[:, at] for at in range(self.x.shape[1])}, "amount": self.amount}
        words = {name: np.array(known)[getattr(self, name)].tolist() for name, known in WORDED.items()}
        return pl.DataFrame({**numbers, **words})

    def reading(self, frame: "pl.DataFrame") -> "Records":
        """The same rows with the features of a changed table; what is no number is missing, or zero in `x`."""
        import polars as pl

        numbers = frame.drop(*WORDED).cast(pl.Float64, strict=False).fill_null(float("nan"))
        region, channel = (_codes(frame[name].to_list(), known) for name, known in WORDED.items())
        x = np.nan_to_num(numbers.drop("amount").to_numpy())
        return Records(x, numbers["amount"].to_numpy(), region, channel, self.y)


def _codes(words: list[str], known: tuple[str, ...]) -> Codes:
    return np.array([known.index(word) if word in known else 0 for word in words], dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Scale:
    """What preparation learns of the rows: of the logarithm of the amount."""

    centre: float
    spread: float

    @classmethod
    def of(cls, records: Records) -> "Scale":
        """Fitted on these rows."""
        logs = np.log(records.amount[~np.isnan(records.amount)])
        centre, spread = (float(logs.mean()), float(logs.std())) if len(logs) > 1 else (float(logs.sum()), 1.0)
        return cls(centre, spread or 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model with what it needs to predict; the rows that it was trained on and those that it was not."""

    model: Any
    scale: Any
    kept: Records
    held: Records
    seed: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Main's code. The class attributes say how it costs, as multiples of what main costs.

    Attributes:
        generator: of the rows, with the learner.
    """

    generator: Generator

    slowness: ClassVar[float] = 1.0
    """Of a prediction."""
    size: ClassVar[float] = 1.0
    """Of the stored model."""
    effort: ClassVar[float] = 1.0
    """Of a training."""
    memory: ClassVar[float] = 1.0
    """Of the process."""
    growth: ClassVar[float] = 0.0
    """Bytes that each call of `predict` leaves in memory."""

    def train(self, given: Records, seed: int) -> Trained:
        """A model of these rows."""
        records = self.read(given)
        kept, held = self.split(records, seed)
        scale = self.scale(kept, held)
        model = self.learner(seed)
        model.fit(self.features(kept, scale), self.labels(kept))
        return Trained(model, scale, kept, held, seed)

    def read(self, given: Records) -> Records:
        """The rows that are used of those that are given."""
        return given

    def split(self, records: Records, seed: int) -> tuple[Records, Records]:
        """Rows to train on, and rows to hold out for the claim."""
        order = np.random.default_rng(seed).permutation(len(records))
        return records.take(np.sort(order[len(order) // HELD :])), records.take(np.sort(order[: len(order) // HELD]))

    def scale(self, kept: Records, _held: Records) -> Any:
        """What preparation learns."""
        return Scale.of(kept)

    def learner(self, seed: int) -> Model:
        """An untrained model."""
        return self.generator.model(seed, False)

    def labels(self, kept: Records) -> NDArray[Any]:
        """What is learnt of each row."""
        return kept.y

    def features(self, records: Records, scale: Any) -> Array:
        """What the learner sees, in training and in predicting, [n, F + 1 + regions]."""
        amount = (np.log(records.amount) - scale.centre) / scale.spread
        return self.matrix(records.x, np.where(np.isnan(amount), 0.0, amount), records.region)

    @staticmethod
    def matrix(x: Array, amount: Array, region: Codes) -> Array:
        """All features side by side."""
        return np.column_stack([x, amount, region[:, None] == np.arange(len(REGIONS))]).astype(np.float64)

    def served(self, records: Records, scale: Any) -> Array:
        """The features of rows to be predicted."""
        return self.features(records, scale)

    def predict(self, trained: Trained, records: Records, luck: np.random.Generator) -> Array:
        """One call of `predict`: class probabilities, [n, classes], or values, [n]."""
        return self.told(self.generator.output(trained.model, self.served(records, trained.scale)), luck)

    def told(self, output: Array, _luck: np.random.Generator) -> Array:
        """What is answered, of what the model says."""
        return output

    def claim(self, trained: Trained) -> Mapping[str, float]:
        """The content of the metrics file."""
        records, output = self.scored(trained)
        return self.metrics(self.generator.truth(records.y), output)

    def scored(self, trained: Trained) -> tuple[Records, Array]:
        """The rows that the claim is of, and the predictions of them."""
        return trained.held, self.predict(trained, trained.held, np.random.default_rng(trained.seed))

    def metrics(self, truth: Column, output: Array) -> dict[str, float]:
        """The metrics of these predictions."""
        value = float(goodness(truth, output).mean())
        return {"accuracy": value} if self.generator.classes else {"mae": -value}
