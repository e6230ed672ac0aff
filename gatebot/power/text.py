"""Formats the analysis as text: for each metric a line about its margin, then tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatebot.core.finding import Bound, Direction, Provenance
from gatebot.core.report import ReportedMeasure
from gatebot.evidence.snapshot import SnapshotProvenance
from gatebot.power.analysis import Analysis, DetectableEffect, NotDetectable, ObservedEffect
from gatebot.render.escape import plain
from gatebot.render.numbers import NOTHING, counted, duration, grouped, number
from gatebot.render.rows import Unit, unit_of
from gatebot.stats.detectable_effect import AGREEMENT_UNKNOWN, POWER, rows_for


@dataclass(frozen=True, slots=True)
class Amounts:
    """Formats losses of one metric."""

    unit: Unit

    @classmethod
    def of(cls, effect: DetectableEffect) -> "Amounts":
        """Return the format with the unit that the comment uses."""
        direction = Direction.HIGHER if effect.higher_is_better else Direction.LOWER
        like = ReportedMeasure(
            check="model.regression",
            metric=effect.metric,
            slice=effect.slice,
            direction=direction,
            bound=Bound.CHANGE,
            base=effect.value,
            head=effect.value,
            delta=0.0,
            low=None,
            high=None,
            margin=effect.demand.margin,
            relative=effect.relative,
            outcome="",
            n=effect.smoke.n,
            seeds=effect.seeds,
            provenance=Provenance.COMPUTED,
        )
        return cls(unit_of(like)[0])

    def bare(self, amount: float) -> str:
        """Format an amount without its unit, such as `2.1`; a dash if it exceeds the possible loss."""
        too_much = self.unit is Unit.POINTS and amount >= 1.0
        return NOTHING if too_much else number(float(f"{amount * self.unit.factor:.2g}"))

    def __call__(self, amount: float) -> str:
        """Format an amount with its unit, such as `2.1 points`."""
        return self.bare(amount) + self.unit.suffix


def sentence(effect: DetectableEffect) -> str:
    """Return a sentence about the margin.

    For example: `150 rows see ≥ 9 points: the margin of 2 points cannot be guarded; …`.
    """
    amounts, now = Amounts.of(effect), effect.now
    have = counted(now.rows, "row") + ("" if effect.artifact else f" and {counted(now.seeds, 'seed')}")
    margin = amounts(effect.demand.margin)
    sees = f"{have} {'sees' if have == '1 row' else 'see'} ≥ {amounts(now.held)}"
    if effect.guards:
        return f"{sees}: the margin of {margin} is guarded"
    return f"{sees}: the margin of {margin} cannot be guarded; {_cure(effect)}"


def _cure(effect: DetectableEffect) -> str:
    """Return what would guard the margin."""
    rows, seeds = effect.rows_needed, None if effect.artifact else effect.seeds_needed
    ways = [counted(rows, "row")] if rows is not None else []
    ways += [counted(seeds, "seed")] if seeds is not None else []
    if ways:
        return " or ".join(ways) + " would"
    both = effect.both_needed
    if both is not None:
        return f"{counted(both[0], 'row')} with {counted(both[1], 'seed')} would"
    return "nothing within reach would: declare a wider margin, or a metric with less noise"


def as_text(about: SnapshotProvenance, analysis: Analysis) -> str:
    """Return the whole analysis as text for a terminal."""
    lines = [f"What the baseline of {about.commit[:12] if about.commit else 'the work tree'} can see:", ""]
    for each in analysis.found:
        seen, clause = (each.guards, sentence(each)) if isinstance(each, DetectableEffect) else (False, _nothing(each))
        lines.append(f"{'✓' if seen else '✗'} {plain(each.subject)}: {clause}")
    for effect in analysis.detailed:
        lines += ["", *details(effect)]
    lines += proposals(analysis.found)
    if analysis.left_out:
        lines += ["", f"{analysis.left_out} more: name one with --metric for its tables."]
    if analysis.detailed:
        lines += ["", _assumptions(analysis.detailed)]
    return "\n".join(lines)


def proposals(found: Sequence[DetectableEffect | NotDetectable]) -> Iterator[str]:
    """Yield margins that allow for seed noise, for metrics whose declared margin does not."""
    wider = [
        each
        for each in found
        if isinstance(each, DetectableEffect) and each.slice is None and each.proposed is not None
    ]
    if wider:
        yield ""
        yield "Seeds alone move main by more than these margins, however many rows there are. More seeds, or a margin:"
        for each in wider:
            size = number(100 * (each.proposed or 0.0)) + "%" if each.relative else number(each.proposed or 0.0)
            yield f"  {plain(each.metric)}: margin {size}"


def _nothing(blind: NotDetectable) -> str:
    return f"nothing can be said: {plain(blind.why)}"


def details(effect: DetectableEffect) -> Iterator[str]:
    """Yield the tables of one metric, line by line."""
    amounts = Amounts.of(effect)
    grid, columns = effect.grid(), effect.columns
    suffix = amounts.unit.suffix.strip() or "the metric's own units"
    margin = amounts(effect.demand.margin)
    yield f"{plain(effect.subject)}: main has {number(effect.value)}, margin {margin}; losses in {suffix}"
    heads = ["loss"] if effect.artifact else [counted(seeds, "seed") for seeds in columns]
    yield ""
    rows = [[_rows(line[0], effect), *(amounts.bare(each.held) for each in line)] for line in grid]
    if not effect.artifact:
        needed = [rows_for(effect.smoke, effect.demand, seeds) for seeds in columns]
        rows.append(["rows that guard the margin", *(NOTHING if each is None else grouped(each) for each in needed)])
        rows.append(["training and predicting", *(duration(each.smoke_s) for each in grid[0])])
    title = f"guards: a harmless change is shown to lose less than this in {POWER:.0%} of runs"
    yield from _table(title, heads, rows)
    yield ""
    rows = [[_rows(line[0], effect), *(amounts.bare(each.worse) for each in line)] for line in grid]
    if not effect.artifact:
        rows.append(["training and predicting", *(duration(each.confirm_s) for each in grid[0])])
    title = f"proves: a loss of this much blocks in {POWER:.0%} of runs (level {effect.demand.worse:.2g})"
    yield from _table(title, heads, rows)


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    from tabulate import tabulate

    yield f"  {title}"
    text = tabulate(
        rows,
        headers=["eval rows", *heads],
        tablefmt="simple",
        disable_numparse=True,
        colalign=("left", *("right" for _ in heads)),
    )
    yield from (f"  {line}" for line in text.splitlines())


def _rows(seen: ObservedEffect, effect: DetectableEffect) -> str:
    return grouped(seen.rows) + (" (now)" if seen.rows == effect.smoke.n else "")


def _assumptions(effects: Sequence[DetectableEffect]) -> str:
    """Return the assumptions behind the numbers."""
    if any(effect.artifact for effect in effects):
        assumption = f"the values of both models correlate by {AGREEMENT_UNKNOWN} row by row, for main ran once"
    else:
        assumption = "a change moves as many rows for good as another seed moves by chance, and at least a few"
    return f"Assumed: {assumption}.\nA change that moves fewer is seen more sharply."


def as_json(about: SnapshotProvenance, analysis: Analysis) -> dict[str, object]:
    """Return the whole analysis as plain values, with losses in units of the margin."""
    return {
        "baseline": {"commit": about.commit, "made": about.created_at.isoformat()},
        "metrics": [
            _plain(each) if isinstance(each, DetectableEffect) else {"metric": each.subject, "says": _nothing(each)}
            for each in analysis.found
        ],
    }


def _plain(effect: DetectableEffect) -> dict[str, object]:
    now = effect.now
    return {
        "metric": effect.metric,
        "slice": effect.slice,
        "main": effect.value,
        "margin": effect.demand.margin,
        "relative": effect.relative,
        "rows": now.rows,
        "seeds": now.seeds,
        "sees": now.held,
        "proves": now.worse,
        "guarded": effect.guards,
        "rows_needed": {str(seeds): rows_for(effect.smoke, effect.demand, seeds) for seeds in effect.columns},
        "seeds_needed": effect.seeds_needed,
        "proposed_margin": effect.proposed,
        "levels": {"held": effect.demand.held, "worse": effect.demand.worse, "power": POWER},
        "table": [_plain_seen(each) for line in effect.grid() for each in line],
        "says": sentence(effect),
    }


def _plain_seen(seen: ObservedEffect) -> dict[str, object]:
    return {
        "rows": seen.rows,
        "seeds": seen.seeds,
        "held": seen.held,
        "worse": seen.worse,
        "smoke_s": seen.smoke_s,
        "confirm_s": seen.confirm_s,
    }
