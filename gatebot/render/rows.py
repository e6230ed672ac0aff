"""Formats a measure as a row of texts, in a unit that suits it."""

import math
from dataclasses import dataclass
from enum import Enum

from gatebot.core.finding import Bound, Direction
from gatebot.core.report import Report, ReportedFinding, ReportedMeasure
from gatebot.render.numbers import NOTHING, number, signed, together

# Metrics that are not rates even if their values are in [0, 1]; differences of them are not given in points.
_NO_RATES = frozenset(
    {"log_loss", "brier", "mae", "mse", "rmse", "mape", "pinball", "max_error", "mcc", "r2", "medae", "rmsle"}
)
_EXTRA_DECIMALS = 3  # most additional decimals to distinguish a loss from its margin
_TIERS = ("smoke", "confirm")
_MOST_PERCENT = 1_000.0
"""Beyond it, a change is told as a factor: nobody compares +45,210% with +38,004%."""
_OUTCOMES = ("worse", "undecided", "held")
WATCHED = "watched"
"""Outcome of an undecided measure that is not declared and does not stand out; it is never shown as a doubt."""
_WEIGHTS = ("worse", "undecided", "held", "not enforced", WATCHED)


class Unit(Enum):
    """The unit of differences: factor and suffix."""

    POINTS = (100.0, " points")  # for rates: 0.861 → 0.842 is −1.9 points
    PERCENT = (100.0, "%")  # of base's value, if the margin is relative
    OWN = (1.0, "")

    @property
    def factor(self) -> float:
        """The factor by which a difference is multiplied."""
        return self.value[0]

    @property
    def suffix(self) -> str:
        """The text after the number."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Row:
    """A measure's numbers as texts.

    Attributes:
        subject: the user's name of the measure, unescaped.
        allowed: the margin or the limit: `2.0 points`, `≥ 0.800`.
        amount: the difference without its sign: `4.1 points`; or `to 38 times base's`.
        outcome: `held`, `undecided`, `worse`, `not enforced` or `watched`.
        sees: the smallest loss that the evidence can detect; empty if unknown.
    """

    subject: str
    base: str
    head: str
    delta: str
    interval: str
    allowed: str
    amount: str
    outcome: str
    sees: str

    @property
    def change(self) -> str:
        """The difference with its interval: `−1.9 points [−2.6, −1.2]`."""
        return f"{self.delta} {self.interval}" if self.interval else self.delta


def row_of(measure: ReportedMeasure) -> Row:
    """Return the measure as texts."""
    unit, scale = unit_of(measure)
    sides = together([measure.base, measure.head, measure.limit], least=3 if is_rate(measure) else None)
    base, head, limit = sides
    factor = unit.factor / scale
    margin = None if measure.margin is None else measure.margin * factor
    ends = (measure.delta, measure.low, measure.high)
    delta, low, high = (None if end is None else end * factor for end in ends)
    edge = None if margin is None else -_sign(measure) * margin
    least = 1 if unit is not Unit.OWN else _decimals([delta, low, high, edge])
    most = _EXTRA_DECIMALS + (least or 0)
    texts = together([delta, low, high, edge], least, most)
    told = NOTHING if delta is None else signed(texts[0]) + unit.suffix
    span = "" if low is None or high is None else f"[{signed(texts[1])}, {signed(texts[2])}]"
    amount = texts[0].lstrip("−") + ("" if delta is None else unit.suffix)
    if unit is Unit.PERCENT and delta is not None and delta > _MOST_PERCENT and (measure.base or 0) > 0:
        times = [None if end is None else f"×{number(float(f'{1 + end / 100:.3g}'))}" for end in (delta, low, high)]
        told, span = times[0] or NOTHING, f"[{times[1]}, {times[2]}]" if span else ""
        amount = f"to {told.removeprefix('×')} times base's"
    return Row(
        subject=subject_of(measure),
        base=base,
        head=head,
        delta=told,
        interval=span,
        allowed=_allowed(measure, limit, margin, unit),
        amount=amount,
        outcome=outcome_of(measure),
        sees="" if measure.sees is None else number(float(f"{measure.sees * factor:.2g}")) + unit.suffix,
    )


def unit_of(measure: ReportedMeasure) -> tuple[Unit, float]:
    """Return the unit of differences, and the scale by which they are divided: base's value for percent, else 1."""
    if measure.relative and measure.base:
        return Unit.PERCENT, abs(measure.base)
    return (Unit.POINTS if is_rate(measure) else Unit.OWN), 1.0


def is_rate(measure: ReportedMeasure) -> bool:
    """Return whether a measure is a rate: between 0 and 1, with an absolute margin, and not a loss or an error."""
    known = [value for value in (measure.base, measure.head, measure.limit) if value is not None]
    return (
        not has_no_rates(measure.metric)
        and not measure.relative
        and bool(known)
        and all(0 <= value <= 1 for value in known)
    )


def has_no_rates(metric: str) -> bool:
    """Return whether a metric is a loss, an error or a coefficient, even if its values are between 0 and 1."""
    return metric.partition("(")[0].strip() in _NO_RATES


def tier_of(report: Report, measure: ReportedMeasure) -> str:
    """Return the tier of a measure's numbers if the report shows several tiers, whose numbers differ; else empty."""
    tiers = {each.tier for each in report.measures} & set(_TIERS)
    return measure.tier if len(tiers) > 1 and measure.tier in tiers else ""


def subject_of(measure: ReportedMeasure) -> str:
    """Return the name that waivers and findings use: `recall(urgent)@region=south`."""
    return f"{measure.metric}@{measure.slice}" if measure.slice else measure.metric


def outcome_of(measure: ReportedMeasure) -> str:
    """Return the outcome as in `Row`; unless it is known, undecided if declared or standing out, else watched."""
    if measure.not_enforced:
        return "not enforced"
    outcome = measure.outcome if measure.outcome in _OUTCOMES else "undecided"
    return WATCHED if outcome == "undecided" and not (measure.declared or measure.stands_out) else outcome


def loss_of(measure: ReportedMeasure) -> float | None:
    """Return how much worse head is than base or its limit, in the metric's own units; negative if it is better."""
    return None if measure.delta is None else -_sign(measure) * measure.delta


def by_weight(report: Report) -> list[ReportedMeasure]:
    """Return all measures by importance: by outcome, then declared ones, then the largest share of the margin."""

    def weight(measure: ReportedMeasure) -> tuple[int, bool, float]:
        return _WEIGHTS.index(outcome_of(measure)), not measure.declared, -share_of_margin(measure)

    return sorted(report.measures, key=weight)


def share_of_margin(measure: ReportedMeasure) -> float:
    """Return the loss as a share of the margin, or without one, of the interval's farthest end; 0 if unknown."""
    loss = loss_of(measure)
    if loss is None:
        return 0.0
    reach = measure.margin or max((abs(end) for end in (measure.low, measure.high, loss) if end), default=1.0)
    return loss / reach if math.isfinite(loss / reach) else 0.0


def measure_behind(report: Report, finding: ReportedFinding) -> ReportedMeasure | None:
    """Return the measure of a finding. The limit distinguishes a floor and a ceiling of one metric, named alike."""
    if finding.measure is None:
        return None
    named = [each for each in report.measures if each.check == finding.check and subject_of(each) == finding.measure]
    limited = [each for each in named if each.limit == finding.facts.get("limit")]
    found = [each for each in limited or named if each.outcome != "held"]
    return next(iter(found or limited or named), None)


def unsettled(report: Report) -> list[ReportedMeasure]:
    """Return measures that are worse or undecided but have no finding."""
    spoken = {(each.check, each.measure) for each in report.findings}
    return [
        each
        for each in by_weight(report)
        if outcome_of(each) in ("worse", "undecided") and (each.check, subject_of(each)) not in spoken
    ]


def _sign(measure: ReportedMeasure) -> float:
    return 1.0 if measure.direction is Direction.HIGHER else -1.0


def _allowed(measure: ReportedMeasure, limit: str, margin: float | None, unit: Unit) -> str:
    if measure.bound is Bound.FLOOR:
        return f"{'≥' if measure.direction is Direction.HIGHER else '≤'} {limit}"
    if measure.bound is Bound.GAIN and margin is not None:
        better = "+" if measure.direction is Direction.HIGHER else "−"
        return f"better than {better}{number(float(f'{margin:.4g}'))}{unit.suffix}"
    return NOTHING if margin is None else number(float(f"{margin:.4g}")) + unit.suffix


def _decimals(values: list[float | None]) -> int | None:
    """Return the decimals for three significant digits of the largest value; None if it is below 1e-4."""
    largest = max((abs(value) for value in values if value), default=1.0)
    return max(0, 2 - math.floor(math.log10(largest))) if largest >= 1e-4 else None
