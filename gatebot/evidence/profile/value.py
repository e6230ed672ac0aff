"""The data of one side as evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gatebot.evidence.column import Floats, Hashes, Names
from gatebot.evidence.flaws import in_columns, in_weights, negative, repeated
from gatebot.evidence.kind import Evidence

MAX_TRAITS = 200  # the maximum number of leveled columns; all pairs of them are examined
MAX_LEVELS = 64


class Trait(StrEnum):
    """What the levels of a column describe."""

    VALUE = "value"  # each level is a value of the column, which could be declared in `data.slices`
    RANGE = "range"  # a range of numbers or times
    TEXT = "text"  # length and similar properties, never the words


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A column of the eval rows, reduced to a few levels, for slices that the Rules do not declare.

    Attributes:
        column: the name of the column. A column may have several traits.
        trait: what the levels describe.
        values: the level of each row, shape [n], named by a phrase such as `channel=mail` or `age in (30, 41]`.
    """

    column: str
    trait: Trait
    values: Names


@dataclass(frozen=True, slots=True, eq=False)
class RowTable:
    """The eval rows, in the order in which they are predicted.

    Attributes:
        ids: keyed hash of the row's id, shape [n], unique.
        contents: keyed hash of the row's features, shape [n].
        groups: keyed hash of the row's group, shape [n], or None.
        folds: the fold whose model predicts the row, shape [n]; zeros without folds.
        slices: the declared slice and protected columns; numbers are binned.
        levels: the columns, reduced to levels.
        pool: the number of rows of which these were drawn, or 0 if they are all.
        weights: the number of rows of the pool that each row stands for, shape [n]; None if all stand for as many.
    """

    ids: Hashes
    contents: Hashes
    groups: Hashes | None
    folds: Hashes
    slices: Mapping[str, Names]
    levels: tuple[Levels, ...] = ()
    pool: int = 0
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from repeated(self.ids)
        columns = {"contents": self.contents, "groups": self.groups, "folds": self.folds, "weights": self.weights}
        for name, values in columns.items():
            if values is not None and len(values) != len(self):
                yield f"{name} has {len(values):,} rows where there are {len(self):,} ids"
        yield from negative("pool", [self.pool])
        yield from in_weights(self.weights)
        yield from in_columns(len(self), self.slices.items())
        yield from in_columns(len(self), ((each.column, each.values) for each in self.levels))
        if len(self.levels) > MAX_TRAITS or any(len(each.values.names) > MAX_LEVELS for each in self.levels):
            yield f"more than {MAX_TRAITS} columns are told in levels, or one of them in more than {MAX_LEVELS}"


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """The profile of one column. Statistics are None if they have no meaning for the kind."""

    name: str
    kind: str  # number | integer | boolean | category | text | time | empty
    rows: int
    missing: int
    distinct: int
    minimum: float | str | None = None
    maximum: float | str | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[float, ...] = ()  # 0, 1, 5, 25, 50, 75, 95, 99, 100 %
    not_finite: int = 0
    unparsed: int = 0  # values that do not fit the kind
    top: Mapping[str, int] = field(default_factory=dict)  # most frequent values of few-valued columns


@dataclass(frozen=True, slots=True)
class Overlap:
    """Values that occur on both sides of the split: counts, and up to 20 hashed ids of each."""

    ids: int = 0
    contents: int = 0
    groups: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class DataProfile(Evidence):
    """A profile of the data as it was read.

    Attributes:
        rows: the number of rows that were read.
        train_rows: the number of rows that training may draw from.
        columns: the profiles of the columns, in the order of the data.
        identity: the columns whose values define a row's content.
        duplicate_ids: the number of rows whose declared id occurs more than once.
        repeated_ids: the number of these ids.
        repeated_examples: the hashes of up to 20 of them, those of most rows first.
        excluded: the number of training rows left out because their content equals that of an eval row of base.
        train_classes: label -> count among the rows that training may draw from (classification).
        train_target: quantiles of the target among these rows (regression and scores), as in `ColumnProfile.quantiles`.
        eval_rows: the rows that are predicted.
        one_tier: whether both tiers train on the same rows, so that one training serves both.
    """

    rows: int
    train_rows: int
    columns: tuple[ColumnProfile, ...]
    identity: tuple[str, ...]
    eval_rows: RowTable
    overlap: Overlap = Overlap()
    duplicate_ids: int = 0
    excluded: int = 0
    train_classes: Mapping[str, int] = field(default_factory=dict)
    train_target: tuple[float, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)  # path -> digest of what was read
    one_tier: bool = False
    repeated_ids: int = 0
    repeated_examples: tuple[str, ...] = ()

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from negative("rows", [self.rows, self.train_rows, self.duplicate_ids, self.excluded, self.repeated_ids])
        yield from self.eval_rows.flaws()
