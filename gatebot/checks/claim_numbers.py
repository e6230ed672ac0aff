"""The numbers of a metrics file that are claims of declared metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from gatebot.comparison.comparison import Comparison
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Side

T = TypeVar("T")


def claim_of(name: str, claims: Mapping[str, T]) -> T | None:
    """The claimed value of a metric: under its own name, or at the one path that ends with it and is not of training.

    `eval.accuracy` says accuracy; where two paths do, neither is taken.
    """
    if name in claims:
        return claims[name]
    found = [
        value
        for path, value in claims.items()
        if path.rpartition(".")[2] == name and not any("train" in part.lower() for part in path.split("."))
    ]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class ClaimedNumber:
    """A claimed number, and what one unit of its last printed digit is worth; 0 if it is whole or exact."""

    value: float
    digit: float

    def printed_like(self, other: "ClaimedNumber | None") -> "ClaimedNumber":
        """Return this number with the other's precision if it shows none: 1.0 may be 0.996 without its digits."""
        return self if self.digit or other is None else ClaimedNumber(self.value, other.digit)


def reported(comparison: Comparison, side: Side) -> ReportedMetrics:
    """Return the metrics file of a side; an empty one where there is none."""
    snapshot = comparison.side(side)
    found = None if snapshot is None else snapshot.get(MetricsFile(side), ReportedMetrics)
    return ReportedMetrics({}) if found is None else found


def number_of(name: str, file: ReportedMetrics) -> ClaimedNumber | None:
    """Return what a metrics file claims a metric to be, or None."""
    path = claim_of(name, {path: path for path in file.values})
    return None if path is None else ClaimedNumber(file.values[path], file.digits.get(path, 0.0))
