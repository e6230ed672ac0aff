"""How rows are split: what may be set, and what holds where nothing is."""

from dataclasses import dataclass

EVAL_VALUES = ("eval", "test", "val", "valid", "validation")

Amount = int | float  # rows: a count, or a share of all in (0, 1] as float


@dataclass(frozen=True, slots=True)
class SplitRules:
    """How rows are split.

    Attributes:
        project: keys all hashes.
        task: classification, regression or scores.
        folds: out-of-fold predictions of every row, by so many models; None: only on tiny data.
        eval_values: values of `Columns.split` that mean eval, compared without case.
        train_rows: of the smoke tier, of the rows that may train.
        eval_rows: at most, of all rows.
        confirm_rows: of the confirm tier; None: 2.5 times the smoke rows. Never fewer than the smoke rows.
        identity: columns that make a row's content: base's, None where there is no base.
        trains: whether anything learns from rows that are handed out; where nothing does, all can be eval rows.
    """

    project: str
    task: str = "classification"
    folds: int | None = None
    eval_values: tuple[str, ...] = EVAL_VALUES
    train_rows: Amount = 2000
    eval_rows: Amount = 5000
    confirm_rows: Amount | None = None
    identity: tuple[str, ...] | None = None
    trains: bool = True


def count_of(amount: Amount, of: int) -> int:
    """A count of rows from a count or a share, between 1 and `of`."""
    count = int(amount * of) if isinstance(amount, float) else amount
    return max(1, min(count, of))
