"""Metrics are not worse than those of the last release by more than many small losses may add up to.

Why: Each pull request may lose a little less than its margin. Head is compared with the release itself, on the same
rows: sums of measured changes would add up noise, and luck that got merged.
Fix: Look at what was merged since the release; or release, and name that release in `baseline.anchor`.
"""

from collections.abc import Iterator
from dataclasses import replace

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.measures import change_of
from gatebot.checks.row_views import Views
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Level, Measure
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile
from gatebot.tasks.task import Declared, Margin


class Settings(Options):
    """Settings."""

    factor: float = Field(default=2.0, ge=1, description="How many margins may be lost since the release.")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Head's predictions, and what the user's own metrics say of them; the release's are stored."""
    return (Profile(Side.HEAD), *effort.predictions(Side.HEAD), *effort.scores(Side.HEAD))


def excuse(comparison: Comparison) -> str:
    """Why there is no release to compare with."""
    if not comparison.anchor_name:
        return "no release is named: baseline.anchor"
    since = comparison.since_anchor()
    if since is None:
        return comparison.anchor_missing
    return "" if len(since.units) else f"no eval row of {comparison.anchor_name} is left"


def run(comparison: Comparison, options: Settings) -> Iterator[Measure]:
    """Every declared metric over all rows, against the release instead of base."""
    since, already = comparison.since_anchor(), _base_since_anchor(comparison)
    for declared in comparison.declared if since is not None else ():
        if declared.slice is not None:
            continue
        margin = Margin(options.factor * declared.margin.size, declared.margin.relative)
        measure = _since(since, declared, margin)
        if measure is not None:
            lost = None if already is None else _since(already, declared, margin)
            name = f"{measure.metric} (since {comparison.anchor_name})"
            yield replace(measure, metric=name, inherited=lost is not None and _beyond(lost))


def _base_since_anchor(comparison: Comparison) -> Comparison | None:
    """Base in head's place, the release in base's."""
    if comparison.base is None:
        return None
    return replace(comparison, head=comparison.base).since_anchor()


def _since(since: Comparison | None, declared: Declared, margin: Margin) -> Measure | None:
    return None if since is None else change_of(Views(since).whole, declared, margin)


def _beyond(measure: Measure) -> bool:
    """All of the margin was lost before this pull request."""
    contrast = measure.confirm or measure.smoke
    return contrast is not None and contrast.delta <= -measure.margin


CHECK = Check(
    "model.anchor",
    Level.MEDIUM,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    options=Settings,
    excuse=excuse,
)
