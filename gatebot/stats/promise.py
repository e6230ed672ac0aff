"""A guarantee as its owner states it: one condition, kept for so many commits with so much certainty."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatebot.stats.condition import Condition, Mode, Variable
from gatebot.stats.guarantee import Adaptivity, log_inverse_level


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised, and to whom what is told (Renggli et al. 2019, "Continuous integration of ML models").

    Attributes:
        text: the condition as it was written.
        condition: the same, read.
        reliability: the chance, at least, that no verdict of all `steps` contradicts the truth.
        steps: commits that the eval rows have to serve.
        adaptivity: what developers learn from one commit to the next.
        mode: what a doubt means.
    """

    text: str
    condition: Condition
    reliability: float
    steps: int
    adaptivity: Adaptivity
    mode: Mode

    @property
    def verdicts(self) -> int:
        """How many different answers can be told."""
        return 3 if self.mode is Mode.TERNARY else 2

    @property
    def merges(self) -> int:
        """After how many commits of main the eval rows are spent: the first pass ends `first-change`."""
        return 1 if self.adaptivity is Adaptivity.FIRST_CHANGE else self.steps

    @property
    def rows(self) -> int:
        """Eval rows that the promise needs."""
        return self.condition.rows(self.log_level(self.adaptivity))

    def log_level(self, adaptivity: Adaptivity) -> float:
        """ln(1 / level) of one verdict, if developers learned this much."""
        return log_inverse_level(1.0 - self.reliability, self.steps, adaptivity, verdicts=self.verdicts)

    def told(self, values: Mapping[Variable, float]) -> bool | None:
        """Whether the condition holds, as the mode tells it; None where it is undecided."""
        return self.condition.passes(values, self.mode)
