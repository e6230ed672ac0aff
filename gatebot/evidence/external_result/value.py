"""The content of a result file as evidence. The results are the user's own and are not validated."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gatebot.evidence.flaws import negative
from gatebot.evidence.kind import Evidence

MAX_CASES = 10_000
MAX_ALERTS = 10_000
MAX_FILES = 20_000
MAX_NUMBERS = 10_000
MAX_CHARACTERS = 2_000_000  # of all names, paths and rules of one file
_MAX_COUNT = 2**53


class Format(StrEnum):
    """The format of a result file."""

    JUNIT = "junit"
    SARIF = "sarif"
    COVERAGE = "coverage"
    JSON = "json"


class Outcome(StrEnum):
    """How a test case ended, in JUnit XML."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"
    ERROR = "error"


class Severity(StrEnum):
    """The level of a SARIF result."""

    NONE = "none"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of one test case: its class and name joined by a dot, how it ended, and the seconds it took."""

    name: str
    outcome: Outcome
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One SARIF result: the id of the rule, its level, and the place if there is one; lines count from 1."""

    rule: str
    level: Severity
    path: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class LineCount:
    """The lines of a file that were executed, and all that could be."""

    covered: int
    total: int


@dataclass(frozen=True, slots=True)
class ExternalFile(Evidence):
    """The content of a result file. Only the attribute of its format is not empty.

    Attributes:
        format: the format of the file.
        cases: the test cases of JUnit XML.
        alerts: the results of SARIF.
        coverage: the lines of each file, by path, of Cobertura XML or the JSON of coverage.py.
        numbers: the finite numbers of a JSON object, by key.
    """

    format: Format
    cases: tuple[CaseResult, ...] = ()
    alerts: tuple[Alert, ...] = ()
    coverage: Mapping[str, LineCount] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        parts: tuple[tuple[Format, int, int], ...] = (
            (Format.JUNIT, len(self.cases), MAX_CASES),
            (Format.SARIF, len(self.alerts), MAX_ALERTS),
            (Format.COVERAGE, len(self.coverage), MAX_FILES),
            (Format.JSON, len(self.numbers), MAX_NUMBERS),
        )
        for form, count, most in parts:
            if count and form is not self.format:
                yield f"a file of the format {self.format} has content of the format {form}"
            if count > most:
                yield f"it has {count:,} entries, more than the {most:,} that are accepted"
        if sum(map(len, self._texts())) > MAX_CHARACTERS:
            yield f"its names have more than {MAX_CHARACTERS:,} characters"
        yield from negative("the seconds", [case.seconds or 0.0 for case in self.cases])
        if not all(alert.line is None or 1 <= alert.line <= _MAX_COUNT for alert in self.alerts):
            yield "a line is out of range"
        if not all(0 <= lines.covered <= lines.total <= _MAX_COUNT for lines in self.coverage.values()):
            yield "more lines are covered than there are, or fewer than none"
        if not all(math.isfinite(number) for number in self.numbers.values()):
            yield "a number is not finite"

    def _texts(self) -> Iterable[str]:
        yield from (case.name for case in self.cases)
        yield from (alert.rule + alert.path for alert in self.alerts)
        yield from self.coverage
        yield from self.numbers
