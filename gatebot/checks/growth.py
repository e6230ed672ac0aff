"""How much more head takes than base does: not worth a word, a note, a warning, or P1."""

from dataclasses import dataclass, replace
from enum import IntEnum

from pydantic import Field

from gatebot.checks.check import Options
from gatebot.core.finding import Action, Finding, Level


class Grade(IntEnum):
    """What more of something is worth."""

    NOTHING = 0
    NOTE = 1
    WARN = 2
    BLOCK = 3


class GrowthOptions(Options):
    """Settings of checks that compare what both sides take."""

    ratio: float = Field(default=1.5, gt=1, description="head over base from which it is noted")
    warn_ratio: float = Field(default=3.0, gt=1, description="head over base from which it warns")
    block_ratio: float = Field(
        default=10.0, gt=1, description="head over base from which it is P1, where the difference is large as well"
    )


@dataclass(frozen=True, slots=True)
class Differences:
    """Absolute differences of head and base: those up to `least` are never told, those below `large` never block."""

    least: float
    large: float


def grade(before: float, after: float, options: GrowthOptions, differences: Differences) -> Grade:
    """Return what it is worth that head takes `after` where base takes `before`.

    Both the ratio and the absolute difference have to be large for P1: ten times little is still little.
    """
    if before <= 0 or after < options.ratio * before or after - before <= differences.least:
        return Grade.NOTHING
    if after >= options.block_ratio * before and after - before >= differences.large:
        return Grade.BLOCK
    return Grade.WARN if after >= options.warn_ratio * before else Grade.NOTE


def graded(finding: Finding, worth: Grade) -> Finding:
    """Return the finding of a check of medium impact with the priority and the action of its grade."""
    if worth is Grade.BLOCK:
        return replace(finding, likelihood=Level.HIGH)
    if worth is Grade.WARN:
        return replace(finding, likelihood=Level.MEDIUM)
    return replace(finding, likelihood=Level.LOW, action=Action.NOTE)
