"""No slice that nobody declared is worse than base.

Why: The group that pays for a change is often one that nobody thought of: long texts, one shop, the missing values.
Fix: Look at the rows of the slice. Declare it if it matters; more data or a weight for them is the usual cure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.measures import FEWEST_ROWS, change
from gatebot.checks.row_views import View
from gatebot.comparison.comparison import Comparison
from gatebot.comparison.runs import Run
from gatebot.core.finding import Fact, Level, Measure
from gatebot.evidence.column import Names
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need
from gatebot.evidence.profile import Levels, Trait
from gatebot.stats.discovery import Search, Slice, discover, half
from gatebot.tasks.table import Mask
from gatebot.tasks.task import Margin, Metric

FEWEST_UNITS = 200
FEWEST_FOUND = 64
"""Rows of the searched half: so many that the other half hardly ever has too few, and a part that cannot be proven does
not stand for a whole that could."""
FAINTEST = 3.0
"""Standard errors below which a slice of the searched half is not worth a proof, and would only burden the others'."""


class DiscoveryOptions(Options):
    """Settings of this check."""

    margin: float = Field(default=0.02, gt=0, lt=1, description="loss of a rate from which on a slice is a finding")
    relative: float = Field(
        default=0.05, gt=0, description="the same of losses, errors and scores, as a share of base's value"
    )
    depth: int = Field(default=2, ge=1, le=3, description="columns that one slice may combine")
    most: int = Field(default=10, ge=1, le=50, description="slices that are put to proof")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def excuse(comparison: Comparison) -> str:
    """Why there is nothing to search."""
    rows, units = comparison.rows, len(comparison.units)
    if rows is None or comparison.base is None:
        return ""
    if not rows.levels:
        return "no column tells eval rows apart"
    if units < FEWEST_UNITS:
        return f"{units} eval rows are too few to search one half and prove on the other: it takes {FEWEST_UNITS}"
    searched = int(_searched(comparison).sum())
    smaller = min(searched, units - searched)
    return (
        f"one half has {smaller} rows, for groups stay together: it takes {FEWEST_ROWS}"
        if smaller < FEWEST_ROWS
        else ""
    )


def run(comparison: Comparison, options: DiscoveryOptions) -> Iterator[Measure]:
    """The worst slices of one half of the rows, measured on the other half.

    They are found by smoke evidence, so that a block rests on other rows, and on other trainings where the tiers
    differ. Every one that is found is measured, bad or not: that is the family over which the verdict corrects.
    """
    runs = comparison.runs()
    if not runs or runs[0].base is None or not comparison.levels or excuse(comparison):
        return
    ground = _Ground.of(comparison, runs)
    held = [each.metric for each in comparison.declared if each.metric is not None and each.slice is None]
    metrics = comparison.task.by_row(held)[: options.most]
    for metric in metrics:
        margin = _margin(metric, comparison, options)
        for found in ground.worst(metric, margin, options, options.most // len(metrics)):
            measure = change(View(comparison, ground.name(found), ground.proving(found)), metric, margin)
            if measure is not None:
                yield _told(measure, found, ground)


@dataclass(frozen=True, slots=True)
class _Ground:
    """The units under comparison: their levels, int[units, F], those that are held anyway, and the searched half."""

    runs: tuple[Run, ...]
    levels: tuple[Levels, ...]
    codes: NDArray[np.intp]
    known: NDArray[np.intp]
    searched: Mask

    @classmethod
    def of(cls, comparison: Comparison, runs: tuple[Run, ...]) -> "_Ground":
        levels = comparison.levels
        held = (*comparison.slices, *comparison.protected, *(each.slice for each in comparison.declared if each.slice))
        known = [column for name in dict.fromkeys(held) if (column := comparison.slice_column(name)) is not None]
        target = runs[0].head.truth.get("target")
        if isinstance(target, Names) and len(target) == len(comparison.units):
            known.append(target)  # classes have measures of their own
        codes = np.stack([each.values.codes for each in levels], axis=1).astype(np.intp)
        others = [column.codes.astype(np.intp) for column in known]
        shape = (len(codes), len(others))
        return cls(runs, levels, codes, np.array(others, np.intp).T.reshape(shape), _searched(comparison))

    def worst(self, metric: Metric, margin: Margin, options: DiscoveryOptions, most: int) -> list[Slice]:
        """Slices of the searched half that are worth a proof."""
        seen = _differences(self.runs, metric)
        if seen is None:
            return []
        differences, base = seen
        rows = self.searched
        fewest = max(FEWEST_FOUND, int(rows.sum()) // 100)
        search = Search(options.depth, max(most, 1), fewest, FAINTEST, margin.absolute(base) / 2)
        found = discover(self.codes[rows], differences[rows], search, known=self.known[rows])
        return [each for each in found if self.proving(each).sum() >= FEWEST_ROWS]

    def proving(self, found: Slice) -> Mask:
        """Units of a slice that were not searched."""
        return found.members(self.codes) & ~self.searched

    def name(self, found: Slice) -> str:
        """`channel=mail and age in (30, 41]`."""
        return " and ".join(self.levels[feature].values.names[level] for feature, level in found.levels)

    def column(self, found: Slice) -> str | None:
        """The column that would declare the slice, where one could."""
        (feature, _), *others = found.levels
        return self.levels[feature].column if not others and self.levels[feature].trait is Trait.VALUE else None


def _searched(comparison: Comparison) -> Mask:
    """Which units are searched: groups stay together."""
    return half(comparison.units if comparison.groups is None else comparison.groups)


def _differences(runs: tuple[Run, ...], metric: Metric) -> tuple[NDArray[np.float64], float] | None:
    """What each unit contributes to head minus base, positive where head is better, and base's value."""
    sign = 1.0 if metric.higher_is_better else -1.0
    sides = []
    for tables in ([run.head for run in runs], [run.base for run in runs if run.base is not None]):
        values = [metric.value(table) for table in tables]
        influence = [found for table in tables if (found := metric.influence(table)) is not None]
        if len(influence) != len(tables) or not np.isfinite(values).all():
            return None
        sides.append((float(np.mean(values)), np.mean(influence, axis=0)))
    (head, by_head), (base, by_base) = sides
    differences = sign * (head - base + by_head - by_base)
    return (np.round(differences, 12), base) if np.isfinite(differences).all() else None


def _margin(metric: Metric, comparison: Comparison, options: DiscoveryOptions) -> Margin:
    """No slice is held more tightly than the whole: the metric's own margin, or the widest of its kind, if wider."""
    relative = metric.default_margin.relative
    least = options.relative if relative else options.margin
    overall = [each for each in comparison.declared if each.slice is None]
    own = next((each.margin for each in overall if each.name == metric.name), None)
    if own is not None:
        return own if own.relative is not relative else Margin(max(own.size, least), relative)
    return Margin(max([least, *(e.margin.size for e in overall if e.margin.relative is relative)]), relative)


def _told(measure: Measure, found: Slice, ground: _Ground) -> Measure:
    column = ground.column(found)
    facts: dict[str, Fact] = {"slice": measure.slice, "searched": found.n, "proving": measure.units}
    note = "Nobody declared {slice}, which was found on {searched} rows and measured on {proving} others"
    if column is not None:
        facts["column"] = column
        note += "; name {column} in `data.slices`, and every pull request is held to it"
    return replace(measure, note=note, facts=facts)


CHECK = Check(
    "model.slice_discovery",
    Level.MEDIUM,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    options=DiscoveryOptions,
    relative=True,
    excuse=excuse,
)
