"""Measures predictions from inside the user's process, for base and head in turn."""

import math
from pathlib import Path
from time import monotonic

from gatebot.evidence.kind import Session, UnmetError
from gatebot.evidence.need import Side
from gatebot.evidence.operation.need import PAIRS, Operation
from gatebot.evidence.operation.value import MAX_TIMES, OperationRuns, ProcessRun
from gatebot.evidence.training.need import Fit

PROGRAM = Path(__file__).with_name("program.py")  # copied, not imported: it runs in the user's interpreter
FACTS = {"rows": 2000, "single_calls": 100, "batch_calls": 10, "seconds": 1.0}


def measured(need: Operation, session: Session) -> OperationRuns:
    """Measure a model, or two in turn: base, head, head, base, base, head.

    Two processes never run at the same time, so that neither can slow down or read the other.

    Raises:
        UnmetError: the user's code cannot be measured, or a process did not report what was asked for.
    """
    start, order = monotonic(), [need.fit]
    if need.in_turn:
        base = need.fit.on(Side.BASE)
        order = [fit for pair in range(PAIRS) for fit in ((base, need.fit) if pair % 2 == 0 else (need.fit, base))]
    runs = tuple(_run(fit, session) for fit in order)
    return OperationRuns(runs, monotonic() - start)


def _run(fit: Fit, session: Session) -> ProcessRun:
    inspection = session.inspect(fit, PROGRAM, FACTS)
    match inspection.values:
        case {"single": list(single), "batch": list(batch), "rows": int(rows), "growth": growth} if rows >= 0:
            return ProcessRun(
                fit.side,
                inspection.start_s,
                _times(single),
                _times(batch),
                rows,
                float(growth) if isinstance(growth, int | float) and math.isfinite(growth) else None,
                inspection.peak_rss_bytes,
            )
    raise UnmetError(f"predictions could not be timed: {inspection.why or 'the process reported something else'}")


def _times(values: list[object]) -> tuple[float, ...]:
    """Return reported times.

    Raises:
        UnmetError: one of them is no time.
    """
    times = tuple(float(value) for value in values[:MAX_TIMES] if isinstance(value, int | float))
    if len(times) < min(len(values), MAX_TIMES) or not all(math.isfinite(time) and time >= 0 for time in times):
        raise UnmetError("predictions could not be timed: the process reported something that is no time")
    return times
