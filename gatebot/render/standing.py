"""Formats where the model stands, for reports without a base: values with intervals beside the trivial model's."""

from dataclasses import dataclass

from gatebot.core.finding import Direction, Provenance
from gatebot.core.report import Report, ReportedValue
from gatebot.render.numbers import NOTHING, counted, together
from gatebot.render.rows import has_no_rates
from gatebot.render.sentences import PROVENANCE

TITLE = "where the model stands, with nothing to compare with yet"
COLUMNS = ("value", "95 % interval", "trivial model", "trained", "rows")


@dataclass(frozen=True, slots=True)
class Standing:
    """A value as texts; `subject` is unescaped.

    Attributes:
        subject: the name of the metric: `recall(urgent)@region=south`.
        falls: lower is better.
        interval: `[0.781, 0.803]`; a dash if it is unknown.
        trivial: the value of the model that always gives the same answer; a dash if it is unknown.
        trained: the tier and the number of seeds: `smoke, 5 seeds`.
        doubt: where the number comes from, if gatebot did not make the predictions.
    """

    subject: str
    falls: bool
    value: str
    interval: str
    trivial: str
    trained: str
    rows: int
    doubt: str


def standings(report: Report) -> list[Standing]:
    """Return the values of a report in its order; empty if there is a base."""
    return [standing_of(each) for each in report.values]


def standing_of(found: ReportedValue) -> Standing:
    """Return a value as texts, all with the same number of decimals."""
    known = [found.value, found.low, found.high, found.trivial]
    is_rate = not has_no_rates(found.metric) and all(0 <= each <= 1 for each in known if each is not None)
    value, low, high, trivial = together(known, least=3 if is_rate else None, most=3 if is_rate else 12)
    return Standing(
        subject=f"{found.metric}@{found.slice}" if found.slice else found.metric,
        falls=found.direction is Direction.LOWER,
        value=value,
        interval=NOTHING if NOTHING in (low, high) else f"[{low}, {high}]",
        trivial=trivial,
        trained=f"{found.tier}, {counted(found.seeds, 'seed')}",
        rows=found.n,
        doubt="" if found.provenance is Provenance.COMPUTED else PROVENANCE[found.provenance],
    )
