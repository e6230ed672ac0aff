"""`serving:`: how the model is served."""

from pydantic import Field

from gatebot.config.sections.section import RatePerSecond, Seconds, Section


class Serving(Section):
    """How the model is served, and what it must keep to."""

    command: str | None = Field(default=None, description="Starts the server.")
    url: str | None = Field(default=None, description="Where it answers.")
    rate: RatePerSecond | None = Field(default=None, description="Requests that it has to stand.")
    p95: Seconds | None = Field(default=None, description="The time in which 95 of 100 answers have to come.")
