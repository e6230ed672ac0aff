"""`baseline:`: where main's Snapshots are kept."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gatebot.config.quantity import parse_bytes
from gatebot.config.sections.section import Seconds, Section, written


class BaselineRules(Section):
    """Where main's Snapshot comes from."""

    from_: Literal["artifact", "refs", "folder", "url", "mlflow"] = Field(
        default="artifact", alias="from", description="Where Snapshots of main are kept."
    )
    location: str | None = Field(default=None, description="The folder, remote or address, for stores that need one.")
    missing: Literal["retrain", "warn", "block"] = Field(
        default="retrain",
        description="What is done where there is none: train base here (never for forks), warn, or block.",
    )
    max_age: Seconds = Field(default=30 * 86400.0, description="Older ones are not taken.")
    anchor: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="A release (tag, commit, or a branch that moves with releases) whose stored Snapshot head is"
        " held against as well, with twice the margin: many small losses must not add up.",
    )
    keep_model: Annotated[int, BeforeValidator(parse_bytes), Field(ge=0), written("a size: 500MB")] = Field(
        default=0, description="Up to which size base's model is kept too."
    )
