"""One part of the eval rows as each run sees it: cut out once, however many metrics look at it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gatebot.comparison.comparison import Comparison
from gatebot.evidence.column import Hashes
from gatebot.evidence.need import Tier
from gatebot.tasks.own import own_metric
from gatebot.tasks.table import Index, Mask, Table
from gatebot.tasks.task import Declared, Metric


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """One tier's tables by seed. `main` are all that base has, `base` those that stand beside one of head's."""

    head: tuple[Table, ...]
    base: tuple[Table, ...]
    main: tuple[Table, ...]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """All rows, or a slice of them.

    Attributes:
        comparison: what is looked at.
        name: `column=value`, or None for all rows.
        units: the part's units, as a mask or by their places; None for all.
    """

    comparison: Comparison
    name: str | None = None
    units: Mask | Index | None = None
    _cut: dict[int, Table] = field(default_factory=dict)

    def subject(self, metric: str) -> str:
        """`recall(urgent)@region=south`."""
        return f"{metric}@{self.name}" if self.name else metric

    def pairs(self, tier: Tier, own: str | None = None) -> Tables:
        """Head beside base, seed by seed."""
        runs = self.comparison.runs(tier, own)
        head = tuple(self._part(run.head) for run in runs)
        base = tuple(self._part(run.base) for run in runs if run.base is not None)
        return Tables(head, base, self._main(tier, own))

    def alone(self, tier: Tier, own: str | None = None) -> Tables:
        """Head's runs, whatever base has."""
        head = tuple(self._part(table) for table in self.comparison.head_runs(tier, own))
        return Tables(head, (), self._main(tier, own))

    @property
    def clusters(self) -> Hashes | None:
        """The group of each unit, where the Rules name one."""
        groups = self.comparison.groups
        return groups if groups is None or self.units is None else groups[self.units]

    def _main(self, tier: Tier, own: str | None) -> tuple[Table, ...]:
        return tuple(self._part(table) for table in self.comparison.base_runs(tier, own))

    def _part(self, table: Table) -> Table:
        if self.units is None:
            return table
        if id(table) not in self._cut:  # the Comparison keeps the whole tables, so an id stays one table's
            self._cut[id(table)] = table.where(self.units)
        return self._cut[id(table)]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Every view that somebody asked for, so that the next one who asks gets the same."""

    comparison: Comparison
    _known: dict[str | None, tuple[View, ...]] = field(default_factory=dict)

    def of(self, column: str | None) -> tuple[View, ...]:
        """All rows, or a view of each value of a slice column."""
        if column not in self._known:
            self._known[column] = tuple(self._views(column))
        return self._known[column]

    @property
    def whole(self) -> View:
        """All rows."""
        return self.of(None)[0]

    def _views(self, column: str | None) -> Iterator[View]:
        if column is None:
            yield View(self.comparison)
            return
        for value, units in self.comparison.slice_units(column).items():
            yield View(self.comparison, f"{column}={value}", units)


def metric_of(declared: Declared) -> Metric:
    """How a declared metric is computed, be it the task's or the user's own."""
    return own_metric(declared) if declared.metric is None else declared.metric
