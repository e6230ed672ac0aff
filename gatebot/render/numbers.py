"""Formats numbers for people, with enough digits to distinguish them."""

import math
from collections.abc import Sequence

MINUS = "−"
NOTHING = "—"
MOST_DECIMALS = 12
ROUNDING = 1e-9  # a smaller relative difference between two numbers is a rounding error

_BYTES = ("B", "kB", "MB", "GB", "TB", "PB")
_SPANS = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def number(value: float | None) -> str:
    """Format a single number with four significant digits and no trailing zeros; a dash if it is missing."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return grouped(value)
    text = together([value])[0]
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def grouped(count: int) -> str:
    """Format an integer: `12,345`."""
    return f"{count:,}".replace("-", MINUS)


def together(values: Sequence[float | None], least: int | None = None, most: int = MOST_DECIMALS) -> list[str]:
    """Format numbers that are compared, with the same number of decimals, enough to show differences.

    Args:
        values: the numbers; None and values that are not finite become a dash.
        least: fewest decimals; None for four significant digits of the largest number.
        most: most decimals, even if different numbers then look the same.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    largest = max((abs(value) for value in known), default=0.0)
    if known and (largest >= 1e15 or (0 < largest < 1e-4 and least is None)):
        return _scientific(values, known)
    start = max(0, 3 - math.floor(math.log10(largest))) if least is None and largest > 0 else least or 0
    different = len(_distinct(known))
    for decimals in range(start, max(start, most) + 1):
        texts = [_fixed(value, decimals) for value in values]
        if len({text for text in texts if text != NOTHING}) >= different:
            return texts
    return texts if most < MOST_DECIMALS else _scientific(values, known)


def signed(text: str) -> str:
    """Add the sign to a formatted difference: `+1.2`, `−1.2`, `0.0`."""
    if text == NOTHING or text.startswith(MINUS) or not any(digit in text for digit in "123456789"):
        return text
    return f"+{text}"


def size(count: float | None) -> str:
    """Format a number of bytes: `1.2 MB`."""
    if count is None or not math.isfinite(count):
        return NOTHING
    step = min(int(math.log10(max(abs(count), 1)) // 3), len(_BYTES) - 1)
    return f"{_three(count / 1000**step)} {_BYTES[step]}"


def duration(seconds: float | None) -> str:
    """Format a duration: `45 ms`, `2.1 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 60:
        return f"{_three(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{grouped(hours)} h {minutes} min" if minutes else f"{grouped(hours)} h"


def age(seconds: float | None) -> str:
    """Format an age in its largest unit: `2 days`."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    for span, name in _SPANS:
        if seconds >= span:
            return counted(int(seconds // span), name)
    return "0 seconds"


def counted(count: int, noun: str, nouns: str = "") -> str:
    """Format a count with its noun: `1 row`, `2 rows`."""
    return f"{grouped(count)} {noun if count == 1 else nouns or f'{noun}s'}"


def _fixed(value: float | None, decimals: int) -> str:
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if not any(digit in text for digit in "123456789") else text.replace("-", MINUS)


def _scientific(values: Sequence[float | None], known: Sequence[float]) -> list[str]:
    different = len(_distinct(known))
    for digits in range(2, 17):
        texts = [
            NOTHING if value is None or not math.isfinite(value) else f"{value:.{digits}e}".replace("-", MINUS)
            for value in values
        ]
        if len({text for text in texts if text != NOTHING}) >= different:
            break
    return texts


def _distinct(known: Sequence[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(known):
        if not found or not math.isclose(value, found[-1], rel_tol=ROUNDING, abs_tol=1e-300):
            found.append(value)
    return found


def _three(value: float) -> str:
    decimals = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)
