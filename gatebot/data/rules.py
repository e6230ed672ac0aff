"""Defines the settings for splitting rows, and their defaults."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

EVAL_VALUES = ("eval", "test", "val", "valid", "validation")
AUTO: Literal["auto"] = "auto"
AUTO_ROWS = 5000  # rows predicted under `auto`, before it is known what predicting takes
MOST_AUTO_ROWS = 20_000  # beyond, more rows narrow no interval that counts, since seeds differ by more
CONFIRM = 2.5  # multiple of the smoke rows
ONE_IN = 10  # of so many rows that may train, each seed leaves out one

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
        eval_rows: most eval rows, of all rows. With `auto`, all rows that no training needs can be eval rows, and
            `auto_rows` of them are predicted.
        auto_rows: most rows that are predicted with `auto`.
        even: whether rows are drawn with equal chances with `auto`, not rare classes and small slices first.
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
    eval_rows: Amount | Literal["auto"] = 5000
    auto_rows: int = AUTO_ROWS
    even: bool = False
    confirm_rows: Amount | None = None
    identity: tuple[str, ...] | None = None
    trains: bool = True

    @property
    def most_trained(self) -> int | None:
        """The rows that may train so that every training finds its rows; None if that depends on how many there are."""
        if isinstance(self.train_rows, float) or isinstance(self.confirm_rows, float):
            return None
        confirm = int(np.ceil(CONFIRM * self.train_rows)) if self.confirm_rows is None else self.confirm_rows
        return int(np.ceil(max(self.train_rows, confirm) * ONE_IN / (ONE_IN - 1)))


def count_of(amount: Amount, of: int) -> int:
    """Convert a number or a share of rows to a number between 1 and `of`."""
    count = int(amount * of) if isinstance(amount, float) else amount
    return max(1, min(count, of))
