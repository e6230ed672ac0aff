"""What every section of `gatebot.yml` is made of: its base class, and the types of quantities and patterns."""

from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from gatebot.config.quantity import (
    Margin,
    Share,
    parse_bytes,
    parse_declared_margin,
    parse_duration,
    parse_eval_rows,
    parse_margin,
    parse_rate,
    parse_rows,
)


class Section(BaseModel):
    """A mapping of `gatebot.yml`: unknown keys are errors, values never change after loading.

    Its keys are read from the base branch unless `read_from` says otherwise; a class that inherits from two halves
    leaves each key the side of the half that declares it.
    """

    read_from: ClassVar[str] = "base"

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=())


Half = TypeVar("Half", bound=Section)


def half_of(half: type[Half], whole: Section) -> Half:
    """The keys of `whole` that `half` declares, section by section."""
    values: dict[str, Any] = {}
    for name, field in half.model_fields.items():
        value, kind = getattr(whole, name), field.annotation
        if isinstance(kind, type) and issubclass(kind, Section) and isinstance(value, Section):
            value = half_of(kind, value)
        values[name] = value
    return cast("Half", half.model_construct(**values))


def listed(value: object) -> object:
    """One thing where a list is meant is a list of one."""
    return [value] if isinstance(value, str) else value


def word(value: object) -> object:
    """A class label that YAML takes for a number is still a word."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(word)]


Patterns = Annotated[
    tuple[str, ...],
    BeforeValidator(listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def written(description: str) -> WithJsonSchema:
    """How a quantity is written, for the schema that editors read."""
    return WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}], "description": description})


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0), written("a duration: 30s, 10m, 1h, 30d")]


Bytes = Annotated[int, BeforeValidator(parse_bytes), Field(gt=0), written("a size: 500MB, 4GiB")]


RowCount = Annotated[int | Share, BeforeValidator(parse_rows), written("a count of rows, or a percentage: 10%")]

EvalRowCount = Annotated[
    int | Share | Literal["auto"],
    BeforeValidator(parse_eval_rows),
    written("a count of rows, a percentage: 10%, or auto"),
]


MarginValue = Annotated[
    Margin, BeforeValidator(parse_margin), written("0.02 in the metric's own units, or 5% relative to base")
]


DeclaredMargin = Annotated[
    Margin | Literal["auto"],
    BeforeValidator(parse_declared_margin),
    written("0.02 in the metric's own units, 5% relative to base, or auto"),
]


RatePerSecond = Annotated[float, BeforeValidator(parse_rate), Field(gt=0), written("a rate: 1000/min, 20/s")]
