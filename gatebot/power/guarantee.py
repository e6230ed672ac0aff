"""Computes how many eval rows the guarantee of the Rules needs, for every adaptivity and bound."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.checks.guarantee import labelled
from gatebot.config.document import Rules
from gatebot.evidence.snapshot import Snapshot
from gatebot.power.analysis import with_itself
from gatebot.render.escape import plain
from gatebot.render.numbers import counted, grouped
from gatebot.stats.guarantee import Adaptivity
from gatebot.stats.promise import Promise


@dataclass(frozen=True, slots=True)
class RowsNeeded:
    """The eval rows for one adaptivity: by the range of each value alone, and by the whole condition."""

    adaptivity: Adaptivity
    by_range: int
    needed: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The guarantee, and the rows that are available for it.

    Attributes:
        promise: the guarantee in the Rules.
        rows: the number of labelled eval rows of the baseline.
        uses: how many commits of main these rows have judged; None if unknown.
    """

    promise: Promise
    rows: int
    uses: int | None

    @property
    def is_enough(self) -> bool:
        """Whether the guarantee can be given for the next pull request."""
        return self.rows >= self.promise.rows and (self.uses or 0) < self.promise.merges

    @property
    def outlays(self) -> tuple[RowsNeeded, ...]:
        """The rows that each adaptivity needs."""
        return tuple(_outlay(self.promise, adaptivity) for adaptivity in Adaptivity)


def forecast(baseline: Snapshot, rules: Rules) -> Forecast | None:
    """Return the forecast of the guarantee for this baseline, or None if the Rules have no guarantee.

    Raises:
        UsageError: the guarantee cannot be applied to this baseline.
    """
    compared = with_itself(baseline, rules)
    if compared.promise is None:
        return None
    return Forecast(compared.promise, len(labelled(compared)), baseline.about.eval_uses)


def _outlay(promise: Promise, adaptivity: Adaptivity) -> RowsNeeded:
    level = promise.log_level(adaptivity)
    return RowsNeeded(adaptivity, promise.condition.rows_by_range(level), promise.condition.rows(level))


def lines(of: Forecast) -> Iterator[str]:
    """Yield the forecast as lines for a terminal."""
    from tabulate import tabulate

    promise = of.promise
    yield f"The guarantee {plain(promise.text)}"
    yield (
        f"{'✓' if of.is_enough else '✗'} {counted(promise.steps, 'commit')} at a reliability of"
        f" {promise.reliability:.10g} need {counted(promise.rows, 'eval row')}, and there are {grouped(of.rows)}"
    )
    if of.uses is not None:
        yield f"  main has used them {counted(of.uses, 'time')} of {grouped(promise.merges)} that are promised"
    yield ""
    rows = [
        (
            each.adaptivity + (" (chosen)" if each.adaptivity is promise.adaptivity else ""),
            grouped(each.needed),
            grouped(each.by_range),
        )
        for each in of.outlays
    ]
    heads = ["eval rows, by adaptivity", "needed", "by Hoeffding's bound"]
    table = tabulate(rows, heads, tablefmt="simple", disable_numparse=True, colalign=("left", "right", "right"))
    yield from (f"  {line}" for line in table.splitlines())
    if promise.condition.most_changed is None:
        yield "  With a clause such as `d < 0.1 +/- 0.01` far fewer are needed: few changed answers vary less."


def as_json(of: Forecast) -> dict[str, object]:
    """Return the forecast as plain values."""
    promise = of.promise
    return {
        "condition": promise.text,
        "reliability": promise.reliability,
        "steps": promise.steps,
        "adaptivity": promise.adaptivity.value,
        "mode": promise.mode.value,
        "rows_needed": promise.rows,
        "rows": of.rows,
        "uses": of.uses,
        "enough": of.is_enough,
        "table": [
            {"adaptivity": each.adaptivity.value, "rows_needed": each.needed, "by_range": each.by_range}
            for each in of.outlays
        ],
    }
