"""Parses SARIF, the JSON of coverage.py, and JSON objects of numbers."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from gatebot.evidence.column import short
from gatebot.evidence.external_result.value import MAX_ALERTS, Alert, ExternalFile, Format, LineCount, Severity
from gatebot.evidence.kind import UnmetError

MAX_CONTAINERS = 500_000  # an empty list takes two bytes of JSON but fifty bytes of memory


def parse(data: bytes) -> ExternalFile:
    """Return the content of a JSON file: SARIF if it has `runs`, coverage if it has `files` and `totals`, else numbers.

    Raises:
        UnmetError: it is not a JSON object, is too deep or too large, or says nothing.
    """
    if data.count(b"[") + data.count(b"{") > MAX_CONTAINERS:
        raise UnmetError(f"the file has more than {MAX_CONTAINERS:,} lists and objects")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnmetError(f"the file is neither XML nor JSON: {str(error)[:200]}") from error
    if not isinstance(document, dict):
        raise UnmetError("the file is not a JSON object")
    if isinstance(document.get("runs"), list):
        return ExternalFile(Format.SARIF, alerts=tuple(_alerts(document["runs"])))
    if isinstance(document.get("files"), dict) and isinstance(document.get("totals"), dict):
        return ExternalFile(Format.COVERAGE, coverage=dict(_coverage(document["files"])))
    return _numbers(document)


def _alerts(runs: list[Any]) -> Iterator[Alert]:
    """Yield the results of SARIF 2.1.0 (OASIS)."""
    count = 0
    for run in runs:
        levels = dict(_levels(_object(_object(run).get("tool"))))
        for result in _list(_object(run).get("results")):
            count += 1
            if count > MAX_ALERTS:
                raise UnmetError(f"the file has more than {MAX_ALERTS:,} results")
            yield _alert(_object(result), levels)


def _levels(tool: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the ids of a tool's rules with the level that their results have by default."""
    for part in (tool.get("driver"), *_list(tool.get("extensions"))):
        for rule in map(_object, _list(_object(part).get("rules"))):
            yield _text(rule.get("id")), _object(rule.get("defaultConfiguration")).get("level")


def _alert(result: Mapping[str, Any], levels: Mapping[str, Any]) -> Alert:
    """Return one result. Its level is its own, else that of its rule, else `warning` (SARIF 2.1.0, section 3.27.10)."""
    rule = _text(result.get("ruleId") or _object(result.get("rule")).get("id"))
    known = (level for level in (result.get("level"), levels.get(rule)) if level in tuple(Severity))
    place = _object(_object(next(iter(_list(result.get("locations"))), None)).get("physicalLocation"))
    return Alert(
        rule=rule,
        level=Severity(next(known, Severity.WARNING)),
        path=_text(_object(place.get("artifactLocation")).get("uri")),
        line=_count(_object(place.get("region")).get("startLine")) or None,
    )


def _coverage(files: Mapping[str, Any]) -> Iterator[tuple[str, LineCount]]:
    """Yield the lines of each file in the JSON report of coverage.py (formats 2 and 3)."""
    for path, entry in files.items():
        summary = _object(_object(entry).get("summary"))
        covered, total = _count(summary.get("covered_lines")), _count(summary.get("num_statements"))
        if covered is None or total is None:
            raise UnmetError(f"the coverage of `{path[:100]}` has no counts of lines")
        yield short(path), LineCount(covered, total)


def _numbers(document: Mapping[str, Any]) -> ExternalFile:
    numbers = {
        short(name): float(value)
        for name, value in document.items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and math.isfinite(value)
    }
    if not numbers:
        raise UnmetError("the file holds no number")
    return ExternalFile(Format.JSON, numbers=numbers)


def _text(value: object) -> str:
    return short(value) if isinstance(value, str) else ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _count(value: object) -> int | None:
    """Return a count of at least 0; None if it is none."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None  # type: ignore[return-value]
