"""`privacy:`: what may be shown."""

from typing import Annotated, Literal

from pydantic import Field

from gatebot.config.sections.section import Section


class Privacy(Section):
    """What may be shown."""

    ids: Literal["hashed", "plain"] = Field(default="hashed", description="Whether ids of rows are shown as they are.")
    log_tail: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=40, description="Lines of your code's log that are quoted where it failed."
    )
    stranger_logs: bool = Field(
        default=False,
        description="Whether they are quoted too for a fork's pull request, and for somebody's first one.",
    )
