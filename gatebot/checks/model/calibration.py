"""Probabilities are as trustworthy as base's.

Why: Thresholds, costs and people act on probabilities. A model may keep its accuracy and yet call 99 % sure what is
    right in 97 %.
Fix: Look at what changed in the loss, the class weights, the regularisation or the calibration step; fit a
    temperature on held-out rows.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.row_views import View
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Tier
from gatebot.stats.arrays import StatError
from gatebot.stats.calibration import Line, bins, calibration_error
from gatebot.stats.contrast import Estimand
from gatebot.stats.miscalibration import CALIBRATED_SHIFT, CALIBRATED_SLOPE, Departure, Miscalibration, miscalibration
from gatebot.tasks.labels import labels
from gatebot.tasks.probability import Forecast, forecast, recalibration
from gatebot.tasks.table import Table

LEVEL = 0.005
"""One-sided, of the slope, and again of the shift, there half of it for each direction: in all, at most 1 % of the pull
requests that keep within the margins have a finding."""
FEWEST_ROWS = 200
FEWEST_OF_EACH = 20
"""Rows, and rows of either outcome, from which on simulated intervals of the slope keep their level."""
CERTAIN, FEWEST_CERTAIN = 0.5, 50
"""Largest share of rows of which base is certain, and fewest rows, from which on certainty of all shows labels."""

ERRORS = (
    "The calibration error is {head_error} (root mean square, debiased), on average at most {head_error_upper}; "
    "base has {base_error} and {base_error_upper}"
)


class CalibrationOptions(Options):
    """Settings of this check."""

    margin: float = Field(
        default=0.15,
        gt=0,
        lt=1,
        description="share of base's recalibration slope by which head's may be lower; a slope of 0.85 means twice "
        "as many errors as told where 99 % are told to be right",
    )
    shift: float = Field(
        default=0.2,
        gt=0,
        description="log odds by which too much or too little may be predicted on average beyond what base does; "
        "5 points at a rate of 50 %, a fifth of a small rate",
    )


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def excuse(comparison: Comparison) -> str:
    """Why there are no probabilities to examine, or too few rows."""
    found = _seen(comparison)
    return found if isinstance(found, str) and _certain(comparison) is None else ""


def run(comparison: Comparison, options: CalibrationOptions) -> Iterator[Finding]:
    """A finding when head is surely overconfident, and its slope below base's by more than the margin (Cox 1958).

    And one when head predicts too much or too little on average, by a margin more than base does either way; of more
    than two classes only when it is too sure. Of the confirm tier where it is there. Both bounds of a finding have to
    hold, and no calibrated head is found, whatever base is.
    """
    if _lost(comparison):
        yield Finding("probabilities", "base's predictions hold probabilities, and head's hold none")
        return
    certain = _certain(comparison)
    if certain is not None:
        says = "head answers labels for probabilities: each is 0 or 1, on base in {base_share} of rows"
        yield Finding("probabilities", says, certain, likelihood=Level.HIGH)
        return
    seen = _seen(comparison)
    if not isinstance(seen, _Seen):
        return
    slope, shift = seen.found.slope, seen.found.shift
    if seen.found.overconfident(LEVEL, options.margin):
        says = "overconfident: the recalibration slope is {head}, base has {base}, and 1 is calibrated"
        fall = dict(zip(("fall_low", "fall_high"), seen.found.fall.interval(), strict=True))
        facts: dict[str, Fact] = {**seen.facts(slope, CALIBRATED_SLOPE), **fall, "margin": options.margin}
        yield seen.finding("overconfidence", says, facts, -slope.own.delta)
    for sign, what in ((-1.0, "too much"), (1.0, "too little"))[: 1 if seen.of is None else 2]:
        if shift.farther(LEVEL / 2, sign) > options.shift:
            says = (
                "{what} is predicted: {head_told} on average where {head_true} come true; "
                "base {base_told} where {base_true}"
            )
            facts = {**seen.facts(shift, CALIBRATED_SHIFT), **seen.averages, "what": what, "margin": options.shift}
            yield seen.finding("shift", says, facts, sign * shift.own.delta)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One tier's forecasts of both sides, seed by seed, and how their recalibration lines differ."""

    head: tuple[Forecast, ...]
    base: tuple[Forecast, ...]
    found: Miscalibration
    unconfirmed: bool

    @property
    def of(self) -> str | None:
        """The class that is forecast; None for the most probable one."""
        return self.head[0].of

    @property
    def averages(self) -> dict[str, Fact]:
        """Mean probability, and the share that came true."""
        facts: dict[str, Fact] = {}
        for side, forecasts in (("base", self.base), ("head", self.head)):
            facts[f"{side}_told"] = float(np.mean([each.mean for each in forecasts]))
            facts[f"{side}_true"] = float(np.mean([each.rate for each in forecasts]))
        return facts

    def facts(self, departure: Departure, ideal: float) -> dict[str, Fact]:
        """Both sides' coefficient with 95 % intervals of head's and of the difference."""
        (low, high), (head_low, head_high) = departure.change.interval(), departure.own.interval()
        head = departure.own.delta + ideal
        return {
            "base": head - departure.change.delta,
            "head": head,
            "head_low": head_low + ideal,
            "head_high": head_high + ideal,
            "difference": departure.change.delta,
            "difference_low": low,
            "difference_high": high,
            "rows": self.head[0].counted,
            "seeds": len(self.head),
            "of": self.of,
        }

    def finding(self, subject: str, says: str, facts: dict[str, Fact], size: float) -> Finding:
        """A finding with the calibration error of both sides; of weighted rows it is not known."""
        errors = {
            f"{side}_{name}": value
            for side, forecasts in (("base", self.base), ("head", self.head))
            for name, value in _error(forecasts).items()
        }
        note = ERRORS if errors else ""
        return Finding(subject, says, {**facts, **errors}, note=note, size=size, unconfirmed=self.unconfirmed)


def _lost(comparison: Comparison) -> bool:
    """Whether only base's predictions hold probabilities, so that head's cannot be compared."""
    tables = View(comparison).pairs(Tier.SMOKE)
    if not tables.base or comparison.truth is None or not comparison.task.classes(comparison.truth):
        return False
    return all(map(forecast, tables.base)) and not all(map(forecast, tables.head))


def _certain(comparison: Comparison) -> dict[str, Fact] | None:
    """Return the facts if head is certain of every row in every run, and base in each run of few; else None."""
    tables = View(comparison).pairs(Tier.SMOKE)
    if not tables.base or comparison.truth is None or not comparison.task.classes(comparison.truth):
        return None
    head, base = ([_share_certain(table) for table in side] for side in (tables.head, tables.base))
    if len(comparison.units) < FEWEST_CERTAIN or min(head) < 1.0 or not 0 <= max(base) <= CERTAIN:
        return None
    return {"base_share": max(base), "rows": len(comparison.units), "seeds": len(head)}


def _share_certain(table: Table) -> float:
    """Return the share of rows all of whose probabilities are 0 or 1; -1 if there are no probabilities."""
    scores = list(labels(table).scores.values())
    if not scores:
        return -1.0
    return float(np.mean(np.all([(each == 0) | (each == 1) for each in scores], axis=0)))


LABELS_ONLY = "base gives labels without probabilities: neither overconfidence nor a proper loss can be checked"


def _seen(comparison: Comparison) -> _Seen | str:
    """What the latest tier shows, or why nothing can be seen; empty where the evidence itself is missing."""
    tier = Tier.CONFIRM if comparison.runs(Tier.CONFIRM) else Tier.SMOKE
    view = View(comparison)
    tables = view.pairs(tier)
    if not tables.base or comparison.truth is None:
        return ""
    if not comparison.task.classes(comparison.truth):
        return "the task has no classes"
    head, base = ([forecast(table) for table in side] for side in (tables.head, tables.base))
    told = [each for each in (*head, *base) if each is not None]
    if None in base or None in head:
        return LABELS_ONLY if None in base else ""
    if few := next(filter(None, map(_too_few, told)), ""):
        return few
    effort = comparison.effort
    try:
        found = miscalibration(
            [recalibration(table) for table in tables.base],
            [recalibration(table) for table in tables.head],
            _lines(tables.main),
            clusters=view.clusters,
            estimand=Estimand(comparison.head.about.estimand),
        )
    except StatError as error:
        return f"the probabilities have no recalibration line: {error}"
    unconfirmed = tier is Tier.SMOKE and effort.trains and effort.confirm_seeds > 0
    return _Seen(tuple(told[: len(head)]), tuple(told[len(head) :]), found, unconfirmed)


def _lines(tables: tuple[Table, ...]) -> list[Line]:
    """Lines of those runs of base that have one."""
    found = []
    for table in tables:
        with suppress(StatError):
            found.append(recalibration(table))
    return found


def _too_few(seen: Forecast) -> str:
    if seen.counted < FEWEST_ROWS:
        return f"{seen.counted} labelled rows are too few to tell how sure predictions may be: it takes {FEWEST_ROWS}"
    if (fewer := min(seen.hits, seen.counted - seen.hits)) < FEWEST_OF_EACH:
        return f"an outcome has {fewer} rows, too few to tell how sure predictions may be: it takes {FEWEST_OF_EACH}"
    return ""


def _error(forecasts: tuple[Forecast, ...]) -> dict[str, Fact]:
    """Debiased calibration error and the upper bound of the mean one, averaged over seeds; empty for weighted rows."""
    found = []
    for each in forecasts:
        counted = each.weight > 0
        if np.ptp(each.weight[counted]) > 0:
            return {}
        found.append(calibration_error(bins(each.true[counted], each.probability[counted])))
    mean = {"error": np.mean([each.debiased for each in found]), "error_upper": np.mean([each.upper for each in found])}
    return {name: float(value) for name, value in mean.items()}


CHECK = Check(
    "model.calibration",
    Level.MEDIUM,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    options=CalibrationOptions,
    relative=True,
    excuse=excuse,
)
