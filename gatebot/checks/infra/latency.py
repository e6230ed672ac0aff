"""A prediction takes no longer than its objective, and about as long as on base.

Why: A model that answers late is skipped, timed out or paid for twice, however good it is.
Fix: Profile `predict`: work that belongs into training, rows that are handled one by one, a larger model. If the cost
is meant, raise the objective or the ratio in gatebot.yml, or waive it.
"""

from collections.abc import Iterator
from math import exp
from typing import Literal

import numpy as np
from pydantic import Field

from gatebot.checks.check import Check
from gatebot.checks.difference import usable
from gatebot.checks.growth import Differences, GrowthOptions, grade, graded
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Fact, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.operation import Operation, OperationRuns, ProcessRun
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit
from gatebot.stats import quantile
from gatebot.stats.arrays import StatError

LEVEL = 0.005
"""Chance that a prediction is called slower although it is not: two kinds of calls, each at half of it."""
LEAST_S = 1e-9  # a clock may be too coarse for a call

Kind = Literal["single", "batch"]
KINDS: tuple[Kind, ...] = ("single", "batch")


class LatencyOptions(GrowthOptions):
    """Settings of this check."""

    single_ms: float | None = Field(default=None, gt=0, description="objective for a prediction of one row, in ms")
    batch_ms: float | None = Field(default=None, gt=0, description="objective for a batch of up to 2,000 rows, in ms")
    percentile: float = Field(default=95, ge=50, lt=100, description="share of calls that must keep to the objective")
    least_ms: float = Field(default=1.0, ge=0, description="differences up to so many ms are never told")
    block_ms: float = Field(default=50.0, ge=0, description="difference in ms from which it is P1, at `block_ratio`")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Head's predictions, timed while nothing else of gatebot runs."""
    return (Operation(Fit(Side.HEAD)),) if effort.calls else ()


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, which tell whether it is worth to time both in turn."""
    return (Operation(Fit(Side.BASE)),) if effort.calls else ()


def confirm(comparison: Comparison) -> tuple[Need, ...]:
    """Both in turn: other processes and other machines then slow down both alike."""
    return (Operation(Fit(Side.HEAD), in_turn=True),) if comparison.effort.calls else ()


def excuse(comparison: Comparison) -> str:
    """Return why nothing can be timed."""
    return "" if comparison.effort.calls else "`predict` is no Python function"


def run(comparison: Comparison, options: LatencyOptions) -> Iterator[Finding]:
    """Yield a finding for a missed objective, and one for a slowdown (Kalibera & Jones 2013).

    A slowdown that only processes at different times show is a note, and requests that both are timed in turn.
    """
    head = _runs(comparison, Side.HEAD)
    in_turn = comparison.head.get(Operation(Fit(Side.HEAD), in_turn=True), OperationRuns)
    if failed := _failed(comparison, head):
        yield failed
    for kind in KINDS:
        if (missed := _missed(kind, head, options)) is not None:
            yield missed
        if comparison.base is None:
            continue
        if in_turn is None or any(run.problem for run in in_turn.runs):
            slower = _suspected(kind, comparison, options, in_turn)
        else:
            slower = _slower(kind, in_turn, options)
        if slower is not None:
            yield slower


def _runs(comparison: Comparison, side: Side) -> tuple[ProcessRun, ...]:
    snapshot = comparison.side(side)
    found = None if snapshot is None else snapshot.get(Operation(Fit(side)), OperationRuns)
    return () if found is None else found.runs


def _failed(comparison: Comparison, runs: tuple[ProcessRun, ...]) -> Finding | None:
    """Return a finding if predictions cannot be timed, although they worked."""
    problem = next((run.problem for run in runs if run.problem), "")
    if not problem or not usable(comparison.head.get(Predict(Fit(Side.HEAD)), Predictions)):
        return None
    return Finding(
        "timing", "`predict` works once, and fails in a process that calls it often: {problem}", {"problem": problem}
    )


def _missed(kind: Kind, runs: tuple[ProcessRun, ...], options: LatencyOptions) -> Finding | None:
    """Return a finding if surely too many calls miss the objective: by the exact bound of order statistics."""
    limit_ms = options.single_ms if kind == "single" else options.batch_ms
    times = np.concatenate([_times(run, kind) for run in runs]) if runs else np.empty(0)
    if limit_ms is None or not times.size:
        return None
    try:
        least = quantile.lower(times, options.percentile / 100, LEVEL)
    except StatError:
        return None
    if 1000 * least <= limit_ms:
        return None
    seen = float(np.quantile(times, options.percentile / 100))
    facts: dict[str, Fact] = {"calls": len(times), "p": options.percentile, "ms": 1000 * seen, "limit": limit_ms}
    says = "{p} % of {calls} calls take up to {ms} ms; the objective is {limit} ms"
    return Finding(f"{kind} objective", says, facts, size=seen)


def _suspected(
    kind: Kind, comparison: Comparison, options: LatencyOptions, in_turn: OperationRuns | None
) -> Finding | None:
    """Return a note if head is slower than what base has left of an earlier process on such a machine.

    If head's processes failed when both were timed in turn, nothing was disproved: it is more than a note then.
    """
    if comparison.base is None or comparison.base.about.runner != comparison.head.about.runner:
        return None
    old = [_quick(run, kind) for run in _runs(comparison, Side.BASE) if len(_times(run, kind))]
    new = [_quick(run, kind) for run in _runs(comparison, Side.HEAD) if len(_times(run, kind))]
    if not old or not new or not grade(max(old), min(new), options, _differences(options)):
        return None
    facts: dict[str, Fact] = {"base": 1000 * max(old), "head": 1000 * min(new), "kind": kind}
    says = "a {kind} prediction took {base} ms on base's run and takes {head} ms here"
    if in_turn is not None and (problem := next((run.problem for run in in_turn.of(Side.HEAD) if run.problem), "")):
        note = "Timed in turn with base, a process of it failed: {problem}"
        return Finding(f"{kind} latency", says, {**facts, "problem": problem}, note=note, unconfirmed=True)
    note = "Both have to be timed in turn before this counts."
    return Finding(f"{kind} latency", says, facts, action=Action.NOTE, unconfirmed=True, note=note)


def _slower(kind: Kind, in_turn: OperationRuns, options: LatencyOptions) -> Finding | None:
    """Return a finding if head's median is surely slower than base's, over processes in turn.

    It has the grade that even the least ratio which the times allow has.
    """
    sides = [[np.maximum(_times(run, kind), LEAST_S) for run in in_turn.of(side)] for side in (Side.BASE, Side.HEAD)]
    count = min((len(times) for side in sides for times in side), default=0)
    if count < 1:
        return None
    base, head = (np.array([times[:count] for times in side]) for side in sides)
    try:
        change = quantile.slowdown(base, head, 0.5)
    except StatError:
        return None
    before, after = (float(np.median([np.median(times) for times in side])) for side in (base, head))
    least = exp(-change.upper(LEVEL / len(KINDS)))
    worth = min(
        grade(before, after, options, _differences(options)),
        grade(before, least * before, options, Differences(0.0, 0.0)),
    )
    if not worth:
        return None
    facts: dict[str, Fact] = {
        "kind": kind,
        "base": 1000 * before,
        "head": 1000 * after,
        "ratio": after / before,
        "processes": len(head),
    }
    says = "a {kind} prediction takes {ratio} times as long as on base: {base} ms → {head} ms, in {processes} processes"
    return graded(Finding(f"{kind} latency", f"{says} each", facts, size=after / before), worth)


def _differences(options: LatencyOptions) -> Differences:
    """Return the differences in seconds."""
    return Differences(options.least_ms / 1000, options.block_ms / 1000)


def _times(run: ProcessRun, kind: Kind) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array(run.single_s if kind == "single" else run.batch_s)


def _quick(run: ProcessRun, kind: Kind) -> float:
    """Return the lower quartile of a process's times, which other work on the machine moves least."""
    return float(np.quantile(_times(run, kind), 0.25))


CHECK = Check(
    "infra.latency",
    Level.MEDIUM,
    Level.HIGH,
    run,
    __doc__,
    needs=needs,
    wishes=wishes,
    options=LatencyOptions,
    excuse=excuse,
    confirm=confirm,
)
