"""The values of a user-written metric as evidence."""

from dataclasses import dataclass

from gatebot.evidence.column import Floats
from gatebot.evidence.kind import Evidence


@dataclass(frozen=True, slots=True, eq=False)
class OwnScore(Evidence):
    """The values of a user-written metric: one for all rows, and one per row if it returns them.

    The numbers are the user's own and are not validated.
    """

    value: float
    rows: Floats | None
    problem: str = ""
