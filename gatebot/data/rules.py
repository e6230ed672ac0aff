"""Defines the settings for splitting rows, and their defaults."""

from dataclasses import dataclass

EVAL_VALUES = ("eval", "test", "val", "valid", "validation")

Amount = int | float  # number of rows as int, or share of all rows in (0, 1] as float


@dataclass(frozen=True, slots=True)
class SplitRules:
    """Settings for splitting rows.

    Attributes:
        project: key of all hashes.
        task: `classification`, `regression` or `scores`.
        folds: number of models that predict all rows out of fold; None uses folds only with few rows.
        eval_values: values of `Columns.split` that mean eval, compared without case.
        train_rows: rows that the smoke tier trains on, of those that may train.
        eval_rows: most eval rows, of all rows.
        confirm_rows: rows that the confirm tier trains on, never fewer than the smoke tier; None means 2.5 times as
            many as the smoke tier.
        identity: columns that make up a row's content, as on base; None without a base.
        trains: whether user code trains on the rows; if not, all rows can be eval rows.
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
    """Convert a number or a share of rows to a number between 1 and `of`."""
    count = int(amount * of) if isinstance(amount, float) else amount
    return max(1, min(count, of))
