"""`policy:` and `waivers:`: what each priority does, and which findings are accepted for a while."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gatebot.config.sections.section import Patterns, Section
from gatebot.core.finding import Level

PriorityName = Literal["P0", "P1", "P2", "P3", "P4"]


ActionName = Literal["block", "review", "warn", "note"]


class LikelihoodRule(Section):
    """Changed paths that make some checks likelier to find something."""

    paths: Patterns = Field(description="Patterns of paths.")
    raise_: Patterns = Field(alias="raise", description="Patterns of check ids that become likelier to find something.")


class Policy(Section):
    """What each priority does."""

    mode: Literal["observe", "enforce"] = Field(
        default="enforce",
        description="`observe` says what would have happened and lets everything pass; `enforce` blocks.",
    )
    block: tuple[PriorityName, ...] = Field(default=("P0", "P1"), description="Priorities that block.")
    review: tuple[PriorityName, ...] = Field(default=(), description="Priorities that wait for an approval.")
    warn: tuple[PriorityName, ...] = Field(default=("P2", "P3"), description="Priorities that are shown and pass.")
    note: tuple[PriorityName, ...] = Field(default=("P4",), description="Priorities that are only noted.")
    undecided: Literal["warn", "review", "block"] = Field(
        default="warn", description="What a measure does that is neither held nor proven worse."
    )
    broken_base: Literal["error", "warn"] = Field(
        default="error",
        description="What it means that neither base nor head works, so that nothing was judged; in every mode."
        " If head works, it repairs base and is judged by absolute checks.",
    )
    inherited: Literal["warn", "note"] = Field(
        default="warn", description="What a finding does that base has too. It never blocks."
    )
    forks: Literal["accept", "review", "trusted-run"] = Field(
        default="review",
        description="Whether a fork's evidence is believed, waits for approval, or has to be made anew.",
    )
    reviewers: tuple[str, ...] = Field(
        default=(), description="Who may accept; without any, everybody with write access but the author."
    )
    impact: dict[str, Level] = Field(
        default={}, description="Check id or pattern: an impact other than the check's own."
    )
    likelihood: tuple[LikelihoodRule, ...] = Field(
        default=(), description="Changed paths that make some checks likelier to find something."
    )

    @model_validator(mode="after")
    def _each_priority_once(self) -> "Policy":
        listed = [*self.block, *self.review, *self.warn, *self.note]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in more than one of `block`, `review`, `warn`, `note`")
        return self


class Waiver(Section):
    """A finding that somebody accepts, up to a ceiling, until a day, for a reason."""

    check: str = Field(description="Id of the check.")
    subject: str = Field(
        default="*", description="What the finding is about, as the comment says it; `*` stands for anything."
    )
    ceiling: float | None = Field(default=None, description="How bad it may get and still be accepted.")
    until: date = Field(description="The last day that it holds.")
    owner: str = Field(description="Who answers for it.")
    reason: Annotated[str, Field(min_length=1)] = Field(description="Why it is accepted.")
