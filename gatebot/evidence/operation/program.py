"""Times `predict` and measures its memory. Python 3.8 and its standard library only."""

from __future__ import annotations

import gc
import resource
import time
from typing import Any, Callable


def run(predict: Callable[[Any], Any], rows: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the seconds of calls with one row and with many, and the memory that each call with many adds.

    The first calls load and compile; they are not counted.
    """
    batch, single = _first(rows, facts["rows"]), _first(rows, 1)
    _timed(predict, batch, 2, facts["seconds"])
    before = _memory()
    batch_s = _timed(predict, batch, facts["batch_calls"], facts["seconds"])
    after = _memory()
    _timed(predict, single, 2, facts["seconds"])
    single_s = _timed(predict, single, facts["single_calls"], facts["seconds"])
    known = before is not None and after is not None and len(batch_s) > 1
    return {
        "rows": len(batch),
        "batch": batch_s,
        "single": single_s,
        "growth": (after - before) / len(batch_s) if known else None,
    }


def _first(rows: Any, count: int) -> Any:
    return rows.head(count) if hasattr(rows, "head") else rows[:count]


def _timed(predict: Callable[[Any], Any], rows: Any, calls: int, seconds: float) -> list[float]:
    """The seconds of each call; fewer calls where they take long, but three wherever that is possible."""
    times: list[float] = []
    first = time.perf_counter()
    while len(times) < calls and time.perf_counter() - first < (20 * seconds if len(times) < 3 else seconds):
        each = rows.copy() if hasattr(rows, "copy") else rows
        start = time.perf_counter()
        predict(each)
        times.append(time.perf_counter() - start)
    return times


def _memory() -> Any:
    """Resident bytes now; None where the system does not tell."""
    gc.collect()
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None
