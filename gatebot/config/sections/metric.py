"""`metrics:`: what must not get worse, and by how much."""

from typing import Literal

from pydantic import Field, model_validator

from gatebot.config.sections.section import DeclaredMargin, MarginValue, Section, Word


class MetricRule(Section):
    """One declared metric: what it is, on which rows, and how much worse it may get."""

    metric: str | None = Field(default=None, description="A name of the catalogue (docs/metrics.md).")
    python: str | None = Field(default=None, description="A metric of your own, `file.py:function`, read from base.")
    of: Word | None = Field(default=None, description="The class, or for scores the column, that it is about.")
    slice: str | None = Field(default=None, description="A column each of whose values is held on its own.")
    direction: Literal["higher", "lower"] | None = Field(
        default=None, description="Which way is better, for metrics of your own and for scores."
    )
    margin: DeclaredMargin | None = Field(
        default=None,
        description="How much worse it may get: in its own units, or a percentage of base's value. `auto`: the metric's"
        " default, or as much as the eval rows can see if that is more; it is then left out where it has no value.",
    )
    improve_by: MarginValue | None = Field(
        default=None, description="It must be shown to be better than base by more than this; in place of a margin."
    )
    warn: MarginValue | None = Field(default=None, description="A smaller loss that is worth a warning.")
    floor: float | None = Field(default=None, description="It may not be below this, whatever base has.")
    ceiling: float | None = Field(default=None, description="It may not be above this, whatever base has.")
    options: dict[str, float | int | str] = Field(
        default={}, description="Settings of the metric itself, such as `k` of `top_k`."
    )

    @model_validator(mode="after")
    def _one_metric(self) -> "MetricRule":
        if (self.metric is None) == (self.python is None):
            raise ValueError("give exactly one of `metric` and `python`")
        if self.python is not None and self.direction is None:
            raise ValueError("a metric of your own needs `direction: higher` or `direction: lower`")
        if self.improve_by is not None and (self.margin is not None or self.warn is not None):
            raise ValueError("give either `improve_by`, or `margin` and `warn`: what must improve may not get worse")
        if self.margin == "auto" and (self.slice is not None or self.python is not None):
            raise ValueError("`margin: auto` is for a metric of the catalogue on all rows; give a number")
        return self
