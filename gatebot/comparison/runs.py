"""One seed of both sides over the same rows, and the folds of one seed put together."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gatebot.evidence.column import concatenated, equal
from gatebot.evidence.predictions import Predictions
from gatebot.tasks.table import Table


@dataclass(frozen=True, eq=False)
class Run:
    """The predictions of both sides with one seed, over the same units. `base` is None if there is no base."""

    seed: int
    head: Table
    base: Table | None

    @cached_property
    def identical(self) -> bool:
        """Whether the predictions of both sides are equal byte for byte."""
        if self.base is None or self.base.payload.keys() != self.head.payload.keys():
            return False
        return all(equal(column, self.base.payload[name]) for name, column in self.head.payload.items())


def joined(parts: list[Predictions]) -> Predictions:
    """Predictions of several folds as one. Columns that one of them lacks are left out."""
    if len(parts) == 1:
        return parts[0]
    names = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    return replace(
        parts[0],
        ids=np.concatenate([part.ids for part in parts]),
        columns={name: concatenated([part.columns[name] for part in parts]) for name in names},
    )
