"""Computes the layout of the plot of all measures: one row each, losses in units of the allowed loss."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gatebot.core.finding import Bound, Direction
from gatebot.core.report import Report, ReportedMeasure
from gatebot.render.escape import plain
from gatebot.render.numbers import MINUS
from gatebot.render.rows import Row, by_weight, loss_of, row_of

MOST_ROWS = 40
LEFT, RIGHT = 262.0, 738.0  # edges of the plot within the picture, whose width is 960
TOP, STEP = 36.0, 26.0
MOST_LABEL = 36
_WORST, _BEST = -4.0, 3.0  # values beyond these are shown as an arrow

SHAPES = {"held": "circle", "worse": "square", "undecided": "diamond", "not enforced": "ring", "watched": "ring"}


@dataclass(frozen=True, slots=True)
class Mark:
    """One measure in the picture, in coordinates of the picture.

    Attributes:
        label: the measure's name, shortened.
        title: text alternative with all numbers.
        x: the estimate; None if it is outside the picture.
        low, high: ends of the interval; None if there is none.
        cut_low, cut_high: whether the interval continues outside the picture.
        dots: the estimate for each seed.
    """

    label: str
    title: str
    change: str
    outcome: str
    shape: str
    y: float
    x: float | None
    low: float | None
    high: float | None
    cut_low: bool
    cut_high: bool
    dots: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of the axis, with its label."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot.

    Attributes:
        edge: label of the line at `allowed`.
        allowed: x of the largest allowed loss; values to the left of it are not allowed.
        left_out: number of measures that are not drawn.
    """

    title: str
    edge: str
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    zero: float
    allowed: float
    height: float
    left_out: int

    @property
    def bottom(self) -> float:
        """The y coordinate at which the rows end."""
        return TOP + STEP * len(self.marks)


def pictures(report: Report) -> list[Picture]:
    """Return a picture of the changes against base and one of floors and ceilings, each only if it has measures."""
    drawn = [each for each in by_weight(report) if each.delta is not None and math.isfinite(each.delta)]
    changes = [each for each in drawn if each.bound is Bound.CHANGE and each.margin]
    floors = [each for each in drawn if each.bound is Bound.FLOOR]
    found = []
    if changes:
        found.append(_picture("Change against base, in units of the allowed loss", changes, floors=False))
    if floors:
        found.append(_picture("Distance from floors and ceilings", floors, floors=True))
    return found


def _picture(title: str, measures: Sequence[ReportedMeasure], *, floors: bool) -> Picture:
    kept = measures[:MOST_ROWS]
    units = [_reach(each) if floors else float(each.margin or 1.0) for each in kept]
    deciding = [each for each in zip(kept, units, strict=True) if not each[0].not_enforced]
    ends = [end for each, unit in deciding for end in _ends(each, unit)]
    worst = max(_WORST, min([-1.15 if floors else -1.6, *ends]))
    best = min(_BEST, max([1.15, *ends]))
    scale = _Scale(worst, best)
    ticks = [] if floors else [Tick(scale.x(at), _tick(at)) for at in _whole(worst, best)]
    return Picture(
        title=title,
        edge="limit" if floors else "allowed",
        marks=tuple(_mark(each, unit, scale, at) for at, (each, unit) in enumerate(zip(kept, units, strict=True))),
        ticks=tuple(ticks),
        zero=scale.x(0),
        allowed=scale.x(0 if floors else -1),
        height=TOP + STEP * len(kept) + 30,
        left_out=len(measures) - len(kept),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    worst: float
    best: float

    def shows(self, value: float) -> bool:
        return self.worst <= value <= self.best

    def x(self, value: float) -> float:
        share = (min(max(value, self.worst), self.best) - self.worst) / (self.best - self.worst)
        return round(LEFT + 12 + share * (RIGHT - LEFT - 24), 1)


def _mark(measure: ReportedMeasure, unit: float, scale: _Scale, at: int) -> Mark:
    row = row_of(measure)
    middle, *ends = _ends(measure, unit)
    sign = 1.0 if measure.direction is Direction.HIGHER else -1.0
    low, high = (min(ends), max(ends)) if len(ends) == 2 else (None, None)
    return Mark(
        label=_label(plain(row.subject)),
        title=_in_words(row),
        change=row.change,
        outcome=row.outcome,
        shape=SHAPES.get(row.outcome, "diamond"),
        y=TOP + STEP * at + STEP / 2,
        x=scale.x(middle) if scale.shows(middle) else None,
        low=None if low is None else scale.x(low),
        high=None if high is None else scale.x(high),
        cut_low=low is not None and low < scale.worst,
        cut_high=high is not None and high > scale.best,
        dots=tuple(scale.x(each) for each in (sign * seed / unit for seed in measure.by_seed) if scale.shows(each)),
    )


def _label(name: str) -> str:
    """Return the name, shortened in the middle, because slices of one metric differ at the end."""
    half = MOST_LABEL // 2
    return name if len(name) <= MOST_LABEL else f"{name[: half - 1]}…{name[-half:]}"


def _in_words(row: Row) -> str:
    return f"{plain(row.subject)}: {row.base} → {row.head}, {row.change}, allowed {row.allowed}, {row.outcome}"


def _ends(measure: ReportedMeasure, unit: float) -> list[float]:
    """Return the estimate, then the ends of its interval if it has one; positive is better."""
    sign = 1.0 if measure.direction is Direction.HIGHER else -1.0
    known = [each for each in (measure.low, measure.high) if each is not None]
    return [-(loss_of(measure) or 0.0) / unit, *(sign * each / unit for each in known if len(known) == 2)]


def _reach(measure: ReportedMeasure) -> float:
    return max(abs(each) for each in (measure.delta, measure.low, measure.high, 1e-12) if each is not None)


def _whole(worst: float, best: float) -> Iterable[int]:
    return range(math.ceil(worst), math.floor(best) + 1)


def _tick(at: int) -> str:
    return f"{MINUS if at < 0 else '+'}{abs(at)}×" if at else "0"
