"""Rows that a model can be asked to predict: eval rows, train rows, and both in other orders, batches or spellings."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gatebot.evidence.need import Count

if TYPE_CHECKING:
    import polars as pl

Index = NDArray[np.intp]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Rows:
    """A set of rows. The default is all eval rows, as they are, in one call.

    Subclasses are frozen dataclasses with a literal field `of`, which distinguishes them in JSON.
    """

    __slots__ = ()

    @property
    def text(self) -> str:
        """The rows in words: `eval rows`."""
        raise NotImplementedError

    @property
    def is_train(self) -> bool:
        """Whether they are taken from the training rows of the model, instead of the eval rows."""
        return False

    @property
    def batch(self) -> int | None:
        """The number of rows of each call of `predict`; None for all rows in one call."""
        return None

    @property
    def table(self) -> str | None:
        """The path of the file that holds the rows, if they are not part of the data."""
        return None

    @property
    def may_crash(self) -> bool:
        """Whether `predict` may well fail on them, so that they must not share a process with others."""
        return False

    def select(self, index: Index) -> Index:
        """Return the positions of these rows, in order, from those of all rows."""
        return index

    def change(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        """Return the rows as they are handed to `predict`. The number and the order of rows stay the same."""
        return frame


@dataclass(frozen=True, slots=True)
class EvalRows(Rows):
    """All eval rows."""

    of: Literal["eval"] = "eval"

    @property
    def text(self) -> str:
        """The rows in words."""
        return "eval rows"


@dataclass(frozen=True, slots=True)
class TrainRows(Rows):
    """The rows that the model was trained on, which show the gap between train and eval rows."""

    of: Literal["train"] = "train"

    @property
    def text(self) -> str:
        """The rows in words."""
        return "train rows"

    @property
    def is_train(self) -> bool:
        """Whether they are training rows."""
        return True


@dataclass(frozen=True, slots=True)
class ShuffledRows(Rows):
    """All eval rows in another order, drawn by a seed."""

    seed: Count = 0
    of: Literal["shuffled"] = "shuffled"

    @property
    def text(self) -> str:
        """The rows in words."""
        return "shuffled eval rows"

    def select(self, index: Index) -> Index:
        """Return the positions in another order."""
        order: Index = np.random.default_rng(self.seed).permutation(index)
        return order


@dataclass(frozen=True, slots=True)
class Batches(Rows):
    """The first eval rows, in several calls of `predict` with a few rows each."""

    size: Annotated[int, Field(gt=0, lt=1_000_000)] = 1
    calls: Annotated[int, Field(gt=0, le=1000)] = 1
    of: Literal["batches"] = "batches"

    @property
    def text(self) -> str:
        """The rows in words."""
        return f"eval rows in batches of {self.size}"

    @property
    def batch(self) -> int | None:
        """The number of rows of each call."""
        return self.size

    def select(self, index: Index) -> Index:
        """Return the first positions."""
        return index[: self.size * self.calls]


@dataclass(frozen=True, slots=True)
class RepeatedRows(Rows):
    """All eval rows again, in another process. `number` distinguishes several repetitions."""

    number: Count = 1
    of: Literal["repeated"] = "repeated"

    @property
    def text(self) -> str:
        """The rows in words."""
        return "eval rows, repeated"


@dataclass(frozen=True, slots=True)
class ExchangedRows(Rows):
    """All eval rows, each with the id and the place of another one. The features of a row stay together."""

    seed: Count = 0
    of: Literal["exchanged"] = "exchanged"

    @property
    def text(self) -> str:
        """The rows in words."""
        return "eval rows with exchanged ids"

    def sources(self, count: int) -> Index:
        """Return which row's features each place gets; never its own, if there are two rows or more."""
        order = np.random.default_rng(self.seed).permutation(count)
        sources = np.empty(count, dtype=np.intp)
        sources[order] = np.roll(order, -1)
        return sources

    def change(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        """Return the features in other places; ids are no features, and stay."""
        return frame[self.sources(frame.height)]


@dataclass(frozen=True, slots=True)
class NearCopies(Rows):
    """All eval rows with changes that hardly matter, to numbers with fractions and to long texts.

    Attributes:
        strength: the change of numbers in standard deviations. 0 changes the last digits alone, and doubles a space of
            long texts; above it, two neighbouring letters are swapped too.
        seed: of all that is drawn.
    """

    strength: Annotated[float, Field(ge=0, le=1)] = 0.0
    seed: Count = 0
    of: Literal["near_copies"] = "near_copies"

    @property
    def text(self) -> str:
        """The rows in words."""
        return "near-copies of eval rows"

    def change(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        """Return the rows with the small changes."""
        rng = np.random.default_rng(self.seed)
        return frame.with_columns(_nearly(frame.get_column(name), self.strength, rng) for name in frame.columns)


@dataclass(frozen=True, slots=True)
class PerturbedRows(Rows):
    """All eval rows with one column changed.

    Attributes:
        name: the change. `noise` adds normal noise of `strength` standard deviations to numbers, `missing` empties a
            share of `strength`, `typo` swaps two neighbouring letters in a share of `strength`, `shuffled` gives a
            share of `strength` the values of other rows.
        column: the changed column.
        strength: how much is changed.
        seed: of all that is drawn.
    """

    name: Literal["noise", "missing", "typo", "shuffled"]
    column: Name
    strength: Annotated[float, Field(gt=0, le=100)] = 0.1
    seed: Count = 0
    of: Literal["perturbed"] = "perturbed"

    @property
    def text(self) -> str:
        """The rows in words."""
        return f"eval rows with {self.name} in `{self.column}`"

    def change(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        """Return the rows with the column changed, or as they are if there is no such column."""
        if self.column not in frame.columns:
            return frame
        rng = np.random.default_rng(self.seed)
        return frame.with_columns(_CHANGES[self.name](frame.get_column(self.column), self.strength, rng))


@dataclass(frozen=True, slots=True)
class CaseRows(Rows):
    """The rows of a table in the repository, as base has it. They have no labels, and their ids are their places."""

    path: Name
    of: Literal["cases"] = "cases"

    @property
    def text(self) -> str:
        """The rows in words."""
        return f"the cases in {self.path}"

    @property
    def table(self) -> str | None:
        """The path of the table."""
        return self.path


@dataclass(frozen=True, slots=True)
class InvalidRows(Rows):
    """The first eval rows, damaged in a way that `predict` should refuse or survive.

    Attributes:
        name: the damage. `no_rows` leaves only the columns, `empty` empties every value, `text` puts words into every
            column, `huge` puts 1e308 into every column, `missing_column` drops the first column.
    """

    name: Literal["no_rows", "empty", "text", "huge", "missing_column"]
    of: Literal["invalid"] = "invalid"

    @property
    def text(self) -> str:
        """The rows in words."""
        return f"invalid rows ({self.name.replace('_', ' ')})"

    @property
    def may_crash(self) -> bool:
        """Whether `predict` may well fail on them."""
        return True

    def select(self, index: Index) -> Index:
        """Return a few positions, or none."""
        return index[: 0 if self.name == "no_rows" else INVALID_ROWS]

    def change(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        """Return the damaged rows."""
        import polars as pl

        match self.name:
            case "no_rows":
                return frame
            case "missing_column":
                return frame.drop(frame.columns[:1])
            case "empty":
                return frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in frame.schema.items())
        value = "gatebot" if self.name == "text" else "1e308"
        return frame.with_columns(pl.lit(value).alias(name) for name in frame.columns)


AnyRows = Annotated[
    EvalRows
    | TrainRows
    | ShuffledRows
    | Batches
    | RepeatedRows
    | ExchangedRows
    | NearCopies
    | PerturbedRows
    | CaseRows
    | InvalidRows,
    Field(discriminator="of"),
]
EVAL, TRAIN = EvalRows(), TrainRows()
INVALID_ROWS = 20

DISTINCT = 0.5
"""Share of values that differ from each other from which numbers are measurements, not keys or codes."""
LEAST_NOISE = 3e-5
"""Least change of a number, in standard deviations: a few minutes of a year."""
MOST_DECIMALS = 9
"""Decimals of numbers that are still rounded; others have as many as a float holds."""
HUGE = 1e100
"""Numbers from which on sums of squares are none."""
EXACT = 1e-12
"""Relative error of a number that is written with all of its decimals."""
LONG_TEXT = 5
"""Words of a long text."""

Change = Callable[["pl.Series", float, np.random.Generator], "pl.Series"]


def _noise(values: "pl.Series", strength: float, rng: np.random.Generator) -> "pl.Series":
    """Add noise to the numbers of a column. Values that are no numbers stay as they are."""
    import polars as pl

    numbers = values.cast(pl.Float64, strict=False)
    spread = numbers.std()
    noise = pl.Series(rng.normal(size=len(values)) * strength * (float(spread) if isinstance(spread, float) else 0.0))
    changed = numbers + noise
    if values.dtype == pl.String:
        changed = changed.cast(pl.String)
    elif values.dtype.is_integer():
        changed = changed.round().cast(values.dtype, strict=False)
    elif not values.dtype.is_float():
        return values
    return pl.select(pl.when(numbers.is_null()).then(values).otherwise(changed)).to_series().alias(values.name)


def _shuffled(values: "pl.Series", strength: float, rng: np.random.Generator) -> "pl.Series":
    """Exchange the values of some rows among each other."""
    chosen = np.flatnonzero(rng.random(len(values)) < strength)
    order = np.arange(len(values))
    order[chosen] = rng.permutation(chosen)
    return values[order]


def _missing(values: "pl.Series", strength: float, rng: np.random.Generator) -> "pl.Series":
    """Empty some values."""
    import polars as pl

    chosen = pl.Series(rng.random(len(values)) < strength)
    return pl.select(pl.when(chosen).then(None).otherwise(values)).to_series().alias(values.name)


def _typo(values: "pl.Series", strength: float, rng: np.random.Generator) -> "pl.Series":
    """Swap two neighbouring letters of some values."""
    import polars as pl

    if values.dtype != pl.String:
        return values
    swap = partial(_swapped, rng=rng)
    chosen = rng.random(len(values)) < strength
    texts = [swap(text) if take and text else text for text, take in zip(values.to_list(), chosen, strict=True)]
    return pl.Series(values.name, texts, pl.String)


def _swapped(text: str, rng: np.random.Generator) -> str:
    if len(text) < 2:
        return text
    at = int(rng.integers(0, len(text) - 1))
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _nearly(values: "pl.Series", strength: float, rng: np.random.Generator) -> "pl.Series":
    """Change measurements and long texts a little. Codes, keys, whole numbers and short texts stay as they are."""
    import polars as pl

    if values.dtype == pl.String:
        numbers = values.str.strip_chars().cast(pl.Float64, strict=False)
        known = numbers.is_not_null() & (numbers.abs() < HUGE)
        texts = values.drop_nulls()
        if 2 * int(known.sum()) < len(texts):
            return _reworded(values, strength, rng)
    elif values.dtype.is_float():
        numbers = values.cast(pl.Float64)
        known = numbers.is_not_null() & (numbers.abs() < HUGE)
    else:
        return values
    read = numbers.filter(known).to_numpy()
    if len(read) < 2 or len(np.unique(read)) < DISTINCT * len(read) or (read == np.round(read)).all():
        return values
    digits = _decimals(read)
    size = np.where(rng.random(len(values)) < 0.5, -1, 1) * rng.uniform(1.0, 3.0, len(values))
    step = max(10.0**-digits, LEAST_NOISE * float(read.std()), strength * float(read.std()) / 2)
    changed = numbers + pl.Series(size * step)
    if digits <= MOST_DECIMALS:
        changed = changed.round(digits)
    moved = changed.cast(values.dtype) if values.dtype != pl.String else changed.cast(pl.String)
    return pl.select(pl.when(known).then(moved).otherwise(values)).to_series().alias(values.name)


def _decimals(values: "NDArray[np.float64]") -> int:
    """Return the fewest decimals that write all values; one more than `MOST_DECIMALS` if they are not enough."""
    for digits in range(MOST_DECIMALS + 1):
        if (np.abs(np.round(values, digits) - values) <= EXACT * np.maximum(np.abs(values), 1.0)).all():
            return digits
    return MOST_DECIMALS + 1


def _reworded(values: "pl.Series", strength: float, rng: np.random.Generator) -> "pl.Series":
    """Double a space of each long text; with a strength, swap two neighbouring letters too."""
    import polars as pl

    texts = values.to_list()
    if np.mean([len((text or "").split(" ")) >= LONG_TEXT for text in texts] or [False]) < 0.5:
        return values
    return pl.Series(values.name, [_spaced(text, strength, rng) for text in texts], pl.String)


def _spaced(text: str | None, strength: float, rng: np.random.Generator) -> str | None:
    if text is None or len(words := text.split(" ")) < LONG_TEXT:
        return text
    at = int(rng.integers(1, len(words)))
    spaced = " ".join(words[:at]) + "  " + " ".join(words[at:])
    return _swapped(spaced, rng) if strength else spaced


_CHANGES: dict[str, Change] = {"noise": _noise, "missing": _missing, "typo": _typo, "shuffled": _shuffled}
