"""Quantities as people write them: `30m`, `4GiB`, `5%`, `1000/min`."""

import re
from dataclasses import dataclass
from typing import Literal

_DURATION = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BYTES |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_NUMBER = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z%]*)\s*$")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of all rows, in (0, 1]."""

    of_all: float


@dataclass(frozen=True, slots=True)
class Margin:
    """How much worse a metric may get: in its own units, or relative to base's value."""

    size: float
    relative: bool = False

    def __str__(self) -> str:
        return f"{self.size * 100:g}%" if self.relative else f"{self.size:g}"


def _split(value: object, example: str) -> tuple[float, str]:
    found = _NUMBER.match(str(value))
    if found is None or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a quantity such as {example}")
    return float(found[1]), found[2]


def parse_duration(value: object) -> float:
    """Seconds from `10m`, `30s`, `1h`, `50ms`, `30d` or a plain number of seconds."""
    number, unit = _split(value, "10m, 30s, 1h or 50ms")
    if unit not in ("", *_DURATION):
        raise ValueError(f"{value!r}: unit {unit!r} is not one of {', '.join(_DURATION)}")
    return number * _DURATION.get(unit, 1.0)


def parse_bytes(value: object) -> int:
    """Bytes from `4GiB`, `500MB` or a plain number of bytes."""
    number, unit = _split(value, "4GiB or 500MB")
    if unit.upper() not in _BYTES:
        raise ValueError(f"{value!r}: unit {unit!r} is not one of KB, MB, GB, TB, KiB, MiB, GiB, TiB")
    return int(number * _BYTES[unit.upper()])


def parse_rows(value: object) -> int | Share:
    """A count of rows, or a `Share` from `10%`."""
    if isinstance(value, Share):
        return value
    if isinstance(value, dict) and set(value) == {"of_all"}:  # as it was written into evidence
        return Share(float(value["of_all"]))
    number, unit = _split(value, "2000 or 10%")
    if unit == "%" and 0 < number <= 100:
        return Share(number / 100)
    if unit or number < 1 or number != int(number):
        raise ValueError(f"{value!r} is neither a count of rows (2000) nor a percentage (10%)")
    return int(number)


def parse_eval_rows(value: object) -> int | Share | Literal["auto"]:
    """A count of rows, a `Share` from `10%`, or `auto`."""
    return "auto" if value == "auto" else parse_rows(value)


def parse_margin(value: object) -> Margin:
    """A `Margin` from `0.02` (in the metric's units) or `5%` (relative to base)."""
    if isinstance(value, Margin):
        return value
    if isinstance(value, dict) and set(value) == {"size", "relative"}:  # as it was written into evidence
        return Margin(float(value["size"]), bool(value["relative"]))
    number, unit = _split(value, "0.02 or 5%")
    if unit not in ("", "%") or number <= 0:
        raise ValueError(f"{value!r} is not a margin: write 0.02 (the metric's own units) or 5% (relative to base)")
    return Margin(number / 100, relative=True) if unit else Margin(number)


def parse_declared_margin(value: object) -> Margin | Literal["auto"]:
    """A `Margin`, or `auto`."""
    return "auto" if value == "auto" else parse_margin(value)


def parse_rate(value: object) -> float:
    """Requests a second from `1000/min`, `20/s` or a plain number."""
    amount, _, unit = str(value).partition("/")
    per = {"": 1.0, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
    if unit.strip() not in per:
        raise ValueError(f"{value!r} is not a rate such as 1000/min or 20/s")
    number, rest = _split(amount, "1000/min or 20/s")
    if rest:
        raise ValueError(f"{value!r} is not a rate such as 1000/min or 20/s")
    return number / per[unit.strip()]
