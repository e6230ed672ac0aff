"""Measures predictions from inside the user's process, for base and head in turn."""

from pathlib import Path
from time import monotonic

from gatebot.evidence.column import short
from gatebot.evidence.kind import Session, number
from gatebot.evidence.need import Side
from gatebot.evidence.operation.need import PAIRS, Operation
from gatebot.evidence.operation.value import MAX_TIMES, OperationRuns, ProcessRun
from gatebot.evidence.training.need import Fit

PROGRAM = Path(__file__).with_name("program.py")  # copied, not imported: it runs in the user's interpreter
ROWS = 2000
FACTS = {"rows": ROWS, "single_calls": 100, "batch_calls": 10, "seconds": 1.0}


def measured(need: Operation, session: Session) -> OperationRuns:
    """Measure a model, or two in turn: base, head, head, base, base, head.

    Two processes never run at the same time, so that neither can slow down or read the other.

    A process that fails leaves its problem.

    Raises:
        UnmetError: the user's code cannot be measured.
    """
    start, order = monotonic(), [need.fit]
    if need.in_turn:
        base = need.fit.on(Side.BASE)
        order = [fit for pair in range(PAIRS) for fit in ((base, need.fit) if pair % 2 == 0 else (need.fit, base))]
    runs = tuple(_run(fit, session) for fit in order)
    return OperationRuns(runs, monotonic() - start)


def _run(fit: Fit, session: Session) -> ProcessRun:
    inspection = session.inspect(fit, PROGRAM, FACTS)
    side, start_s, peak = fit.side, inspection.start_s, inspection.peak_rss_bytes
    match inspection.values:
        case {"single": list(single), "batch": list(batch), "rows": rows, "growth": growth}:
            times = [number(value) for value in (*single[:MAX_TIMES], *batch[:MAX_TIMES])]
            known = [time for time in times if time is not None and time >= 0]
            count = number(rows)
            if len(known) == len(times) and known and count is not None and 0 <= count <= ROWS:
                calls = len(single[:MAX_TIMES])
                found = tuple(known[:calls]), tuple(known[calls:])
                return ProcessRun(side, start_s, *found, int(count), number(growth), peak)
    problem = inspection.why or "its process reported something else than times"
    return ProcessRun(side, start_s, (), (), 0, None, peak, short(problem))
