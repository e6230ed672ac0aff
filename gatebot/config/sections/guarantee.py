"""`guarantee:`: what holds for many commits together."""

from typing import Annotated

from pydantic import Field, field_validator

from gatebot.config.sections.section import Section
from gatebot.stats.arrays import StatError
from gatebot.stats.condition import Mode
from gatebot.stats.condition import parse as parse_condition
from gatebot.stats.guarantee import Adaptivity
from gatebot.stats.promise import Promise


class Guarantee(Section):
    """A condition that is judged right for all of `steps` commits together, but for what `reliability` leaves."""

    condition: str = Field(
        description="What has to hold of n, o (the accuracies of head and base) and d (the share of rows that they"
        " answer differently), such as `n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01`."
    )
    reliability: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.999, description="The chance, at least, that no verdict of all the commits contradicts the truth."
    )
    steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=32, description="Commits that the same eval rows have to serve."
    )
    adaptivity: Adaptivity = Field(
        default=Adaptivity.FULL,
        description="What developers learn from one commit to the next: no verdict (`none`), verdicts until the first"
        " pass retires the eval rows (`first-change`), or every verdict (`full`).",
    )
    mode: Mode = Field(
        default=Mode.TERNARY,
        description="What a doubt means: it fails (`fp-free`), passes (`fn-free`), or is undecided (`ternary`).",
    )

    @field_validator("condition")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            parse_condition(text)
        except StatError as error:
            raise ValueError(str(error).removeprefix("condition: ")) from error
        return text

    @property
    def promise(self) -> Promise:
        """The same, to be judged."""
        condition = parse_condition(self.condition)
        return Promise(self.condition, condition, self.reliability, self.steps, self.adaptivity, self.mode)
