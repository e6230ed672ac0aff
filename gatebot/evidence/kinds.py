"""The kinds of evidence, one class each. Everything a check may read is one of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gatebot.evidence.column import Column, Floats, Hashes, Names, Numbers


class Ending(StrEnum):
    """How a piece of user code ended."""

    OK = "ok"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    PROCESSES = "processes"
    NO_OUTPUT = "no_output"


@dataclass(frozen=True, slots=True)
class Effects:
    """What running a piece of user code took, and how it ended. Times in seconds."""

    ended: Ending
    exit_code: int | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_bytes: int = 0
    log_tail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Training:
    """One training. `rows_digest` tells whether two saw the same rows; `artifact_bytes` is the size of the model."""

    effects: Effects
    rows: int
    rows_digest: str
    artifact_bytes: int | None = None
    losses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of the tree that held the predictions already: of `rows` that were asked for, `equal` stand in it."""

    path: str
    rows: int
    equal: int


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a model answered, as delivered: unaligned, maybe wrong.

    Attributes:
        effects: of the predicting process; unless it ended OK, the columns are empty.
        ids: keyed hash of each row's id, shape [n]; equals the asked rows' where the delivery is right.
        columns: `prediction`, and `score_<class>` per class in [0, 1], each of length n.
        problem: why the delivery could not be read as predictions ("3 columns, expected 1"), or empty.
        rescored: True where the predictions were brought by the user and not made by gatebot's call of `predict`.
        copied: where they stood in the tree before the run; None where they did not, or nobody looked.
    """

    effects: Effects
    ids: Hashes
    columns: Mapping[str, Column]
    problem: str = ""
    rescored: bool = False
    copied: Copied | None = None


class Trait(StrEnum):
    """What the levels of a column tell of it."""

    VALUE = "value"  # each level is one of its values, so that the column could be declared in `data.slices`
    RANGE = "range"  # of numbers, or of times
    TEXT = "text"  # length and the like, never the words


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A column of the eval rows as a few levels: what slices that nobody declared are made of.

    Attributes:
        column: of the data. A column may have several traits.
        trait: what is told of it.
        values: the level of each row, shape [n], named by a phrase: `channel=mail`, `age in (30, 41]`.
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
        folds: which fold's model predicts the row, shape [n]; zeros without folds.
        slices: declared slice and protected columns; numbers arrive binned.
        levels: the columns, coarsely; None in Snapshots from before gatebot kept them.
    """

    ids: Hashes
    contents: Hashes
    groups: Hashes | None
    folds: Hashes
    slices: Mapping[str, Names]
    levels: tuple[Levels, ...] | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of the data. Statistics are None where they mean nothing for the kind."""

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
    """What stands on both sides of the split: counts, and up to 20 hashed ids each."""

    ids: int = 0
    contents: int = 0
    groups: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class DataProfile:
    """The data as it was read.

    Attributes:
        rows: rows read, all of them.
        train_rows: rows that training may draw from.
        columns: in the order of the data.
        identity: the columns whose values make a row's content.
        duplicate_ids: rows whose declared id stands more than once.
        excluded: train rows left out because their content is that of an eval row of base.
        train_classes: label -> count among the rows that training may draw from (classification).
        train_target: quantiles of the target there (regression and scores), as in `ColumnProfile.quantiles`.
        eval_rows: the rows that are predicted.
        one_tier: both tiers train on the same rows, so that a training of one serves the other.
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


@dataclass(frozen=True, slots=True)
class ReportedMetrics:
    """Numbers that the user's own metrics file states."""

    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class OwnScore:
    """Values of a metric that the user wrote: one for the whole, and one per row where it gives them."""

    value: float
    rows: Floats | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of single predictions and of whole batches by side, in the order they were taken."""

    single: Mapping[str, tuple[float, ...]]
    batch: Mapping[str, tuple[float, ...]]


Evidence = Training | Predictions | DataProfile | ReportedMetrics | OwnScore | Timings


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Labels of eval rows: kept apart from everything that user code may ever come near."""

    ids: Hashes
    target: Column
    weight: Numbers | None = None
