"""A guarantee: one condition, with the number of commits and the reliability that its owner states."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatebot.stats.condition import Condition, Mode, Variable
from gatebot.stats.guarantee import Adaptivity, log_inverse_level


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised, and what developers are told (Renggli et al. 2019, "Continuous integration of ML models").

    Attributes:
        text: the condition as written.
        condition: the parsed condition.
        reliability: minimum probability that none of the verdicts on `steps` commits contradicts the truth.
        steps: number of commits that the eval rows have to serve.
        adaptivity: what developers learn from one commit to the next.
        mode: how an estimate too near its threshold is treated.
    """

    text: str
    condition: Condition
    reliability: float
    steps: int
    adaptivity: Adaptivity
    mode: Mode

    @property
    def verdicts(self) -> int:
        """Number of different answers."""
        return 3 if self.mode is Mode.TERNARY else 2

    @property
    def merges(self) -> int:
        """Number of commits of main after which the eval rows are used up: one for `first-change`."""
        return 1 if self.adaptivity is Adaptivity.FIRST_CHANGE else self.steps

    @property
    def rows(self) -> int:
        """Number of eval rows that the promise needs."""
        return self.condition.rows(self.log_level(self.adaptivity))

    def log_level(self, adaptivity: Adaptivity) -> float:
        """Return ln(1 / level) of one verdict with this adaptivity."""
        return log_inverse_level(1.0 - self.reliability, self.steps, adaptivity, verdicts=self.verdicts)

    def told(self, values: Mapping[Variable, float]) -> bool | None:
        """Return whether the condition passes in this mode; None if it is undecided."""
        return self.condition.passes(values, self.mode)
