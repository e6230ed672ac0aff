"""Reads the user's own metrics file as ReportedMetrics. These numbers are displayed and never decide."""

import json
import math
from collections.abc import Iterator

from gatebot.evidence.metrics_file import ReportedMetrics

MOST_BYTES = 1 << 20
MOST_NUMBERS = 1000
DEEPEST = 8


def read(data: bytes) -> ReportedMetrics | str:
    """Return the finite numbers of a JSON file by path, such as `eval.accuracy`, or the reason why there are none."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        return f"it is not JSON: {error}"
    values = dict(sorted(_numbers(document, ())))
    if not values:
        return "it holds no number"
    if len(values) > MOST_NUMBERS:
        return f"it holds {len(values)} numbers, more than the {MOST_NUMBERS} that are accepted"
    return ReportedMetrics(values)


def _numbers(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    match value:
        case bool():
            return
        case int() | float() if path:
            number = float(value) if abs(value) < 1e300 else math.inf
            if math.isfinite(number):
                yield ".".join(path), number
        case dict() if len(path) < DEEPEST:
            for key, inner in value.items():
                yield from _numbers(inner, (*path, str(key)))
        case _:
            return
