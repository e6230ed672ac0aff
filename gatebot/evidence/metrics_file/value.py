"""The user's own metrics as evidence."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatebot.evidence.kind import Evidence


@dataclass(frozen=True, slots=True)
class ReportedMetrics(Evidence):
    """The numbers in the user's own metrics file. They are not validated."""

    values: Mapping[str, float]
