"""What the guarantee of the Rules needs, by every kind of adaptivity and bound, beside the eval rows that there are."""

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
    """Eval rows for one kind of adaptivity: by the range of each value alone, and by all that the condition says."""

    adaptivity: Adaptivity
    by_range: int
    needed: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """A promise and what there is for it.

    Attributes:
        promise: the Rules' own.
        rows: labelled eval rows of the baseline.
        uses: commits of main that they have judged; None where nobody has counted.
    """

    promise: Promise
    rows: int
    uses: int | None

    @property
    def is_enough(self) -> bool:
        """Whether the promise can be given for the next pull request."""
        return self.rows >= self.promise.rows and (self.uses or 0) < self.promise.merges

    @property
    def outlays(self) -> tuple[RowsNeeded, ...]:
        """What each kind of adaptivity needs."""
        return tuple(_outlay(self.promise, adaptivity) for adaptivity in Adaptivity)


def forecast(baseline: Snapshot, rules: Rules) -> Forecast | None:
    """The guarantee beside this baseline; None where the Rules give none.

    Raises:
        UsageError: it can mean nothing for this baseline.
    """
    compared = with_itself(baseline, rules)
    if compared.promise is None:
        return None
    return Forecast(compared.promise, len(labelled(compared)), baseline.about.eval_uses)


def _outlay(promise: Promise, adaptivity: Adaptivity) -> RowsNeeded:
    level = promise.log_level(adaptivity)
    return RowsNeeded(adaptivity, promise.condition.rows_by_range(level), promise.condition.rows(level))


def lines(of: Forecast) -> Iterator[str]:
    """All of it, for a terminal."""
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
    """All of it as plain values."""
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
