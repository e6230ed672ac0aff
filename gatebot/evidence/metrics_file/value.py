"""The user's own metrics as evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gatebot.evidence.kind import Evidence


@dataclass(frozen=True, slots=True)
class ReportedMetrics(Evidence):
    """The numbers in the user's own metrics file. They are not validated.

    Attributes:
        values: the numbers by path, such as `eval.accuracy`.
        digits: what one unit of the last printed digit is worth, by path: 0.01 for 0.93, which may be any number
            between 0.925 and 0.935. Whole numbers have none, as they may have lost their digits.
        words: the paths at which the file has a text that is no number.
    """

    values: Mapping[str, float]
    digits: Mapping[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        if not self.digits.keys() <= self.values.keys():
            yield "a digit belongs to no number"
        if any(digit <= 0 for digit in self.digits.values()):
            yield "a digit is worth nothing, or less"
