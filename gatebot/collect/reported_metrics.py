"""Reads the user's own metrics file as ReportedMetrics. Its numbers are compared with computed ones, never believed."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.evidence.metrics_file import ReportedMetrics

MOST_BYTES = 1 << 20
MOST_NUMBERS = 1000
DEEPEST = 8
LONGEST_NAME = 80
_NUMBER = re.compile(r"-?\d+(?:\.(?P<decimals>\d*))?(?:[eE](?P<exponent>[+-]?\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class _Printed:
    """A number as it stands in the file.

    Attributes:
        value: the number; infinite if it is too large.
        digit: what one unit of its last printed digit is worth; 0 for whole numbers, which may have lost their zeros.
    """

    value: float
    digit: float


def read(data: bytes) -> ReportedMetrics | str:
    """Return the finite numbers of a JSON file by path, such as `eval.accuracy`, or the reason why there are none."""
    try:
        document = json.loads(data, parse_float=_printed, parse_int=_printed)
    except (ValueError, RecursionError) as error:
        return f"it is not JSON: {error}"
    found = dict(sorted(_leaves(document, ())))
    numbers = {path: leaf for path, leaf in found.items() if isinstance(leaf, _Printed) and math.isfinite(leaf.value)}
    words = tuple(path for path, leaf in found.items() if isinstance(leaf, str))
    if not numbers:
        return f"it holds a word, and no number, under {_short(words[0])}" if words else "it holds no number"
    if len(numbers) > MOST_NUMBERS:
        return f"it holds {len(numbers)} numbers, more than the {MOST_NUMBERS} that are accepted"
    return ReportedMetrics(
        {path: number.value for path, number in numbers.items()},
        {path: number.digit for path, number in numbers.items() if number.digit},
        words[:MOST_NUMBERS],
    )


def _printed(text: str) -> _Printed:
    value = float(text)
    if abs(value) >= 1e300:
        return _Printed(math.inf, 0.0)
    parts = _NUMBER.fullmatch(text)
    if parts is None or value.is_integer():
        return _Printed(value, 0.0)
    last = int(parts["exponent"] or 0) - len(parts["decimals"] or "")
    return _Printed(value, float(f"1e{last}"))


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, _Printed | str]]:
    """Yield all numbers and words with their paths; a number in quotation marks is a number."""
    match value:
        case _Printed() if path:
            yield ".".join(path), value
        case str() if path:
            yield ".".join(path), _printed(value) if _NUMBER.fullmatch(value) else value
        case dict() if len(path) < DEEPEST:
            for key, inner in value.items():
                yield from _leaves(inner, (*path, str(key)))
        case _:
            return


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
