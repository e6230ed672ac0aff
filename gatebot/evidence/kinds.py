"""The kinds of evidence, one class each. A check reads nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gatebot.evidence.column import Column, Floats, Hashes, Names, Numbers


class Ending(StrEnum):
    """How a run of user code ended."""

    OK = "ok"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    PROCESSES = "processes"
    NO_OUTPUT = "no_output"


@dataclass(frozen=True, slots=True)
class Effects:
    """How a run of user code ended, and what it used. Times are in seconds."""

    ended: Ending
    exit_code: int | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_bytes: int = 0
    log_tail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Training:
    """One training. `rows_digest` is equal for equal training rows; `artifact_bytes` is the size of the model."""

    effects: Effects
    rows: int
    rows_digest: str
    artifact_bytes: int | None = None
    losses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of the tree that already held the predictions: `equal` of the `rows` requested rows are equal to it."""

    path: str
    rows: int
    equal: int


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The predictions of a model as delivered: not aligned, and possibly wrong.

    Attributes:
        effects: of the predict run; unless it ended OK, the columns are empty.
        ids: keyed hash of each row's id, shape [n]; equal to the requested rows' hashes if the delivery is correct.
        columns: `prediction`, and `score_<class>` per class in [0, 1], each of length n.
        problem: why the delivery could not be read as predictions ("3 columns, expected 1"), or empty.
        rescored: True if the user delivered the predictions, instead of gatebot calling `predict`.
        copied: the file that held them before the run; None if there is none or it was not checked.
    """

    effects: Effects
    ids: Hashes
    columns: Mapping[str, Column]
    problem: str = ""
    rescored: bool = False
    copied: Copied | None = None


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
        levels: the columns, reduced to levels; None in Snapshots of gatebot versions without levels.
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
class DataProfile:
    """A profile of the data as it was read.

    Attributes:
        rows: the number of rows that were read.
        train_rows: the number of rows that training may draw from.
        columns: the profiles of the columns, in the order of the data.
        identity: the columns whose values define a row's content.
        duplicate_ids: the number of rows whose declared id occurs more than once.
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


@dataclass(frozen=True, slots=True)
class ReportedMetrics:
    """The numbers in the user's own metrics file."""

    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class OwnScore:
    """The values of a user-written metric: one for all rows, and one per row if it returns them."""

    value: float
    rows: Floats | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of single predictions and of whole batches by side, in the order of measurement."""

    single: Mapping[str, tuple[float, ...]]
    batch: Mapping[str, tuple[float, ...]]


Evidence = Training | Predictions | DataProfile | ReportedMetrics | OwnScore | Timings


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The labels of the eval rows, stored apart from everything that user code can access."""

    ids: Hashes
    target: Column
    weight: Numbers | None = None
