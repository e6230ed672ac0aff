"""The need for column sketches."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Name, Need, Side
from gatebot.evidence.profile.need import Profile

TRAIN, EVAL, ALL = "train", "eval", "all"


@dataclass(frozen=True, slots=True)
class ColumnSketches(Need):
    """Sketches of the columns of one table.

    The id column of the data is left out, and the target of the eval rows.

    Attributes:
        side: whose data is read.
        table: `train`, `eval` or `all` for these rows of the data; any other text is the path of a further table of
            the repository, read from base. A file that is named `train` is written `./train`.
    """

    kind: ClassVar[str] = "column_sketches"

    side: Side
    table: Name = ALL

    @property
    def prerequisites(self) -> tuple[Need, ...]:
        """The data."""
        return (Profile(self.side),)

    @property
    def text(self) -> str:
        """The evidence in words."""
        what = {TRAIN: "the train rows", EVAL: "the eval rows", ALL: "the data"}.get(self.table, self.table)
        return f"column sketches of {what}"
