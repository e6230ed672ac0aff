"""Parses JUnit XML and Cobertura XML as a stream. Document types, and so entities, are refused (CWE-611, CWE-776)."""

import math
from collections.abc import Mapping
from typing import Protocol
from xml.parsers import expat

from gatebot.evidence.column import short
from gatebot.evidence.external_result.value import (
    MAX_CASES,
    MAX_FILES,
    CaseResult,
    ExternalFile,
    Format,
    LineCount,
    Outcome,
)
from gatebot.evidence.kind import UnmetError

MAX_DEPTH = 50
_OUTCOMES = {"skipped": Outcome.SKIPPED, "failure": Outcome.FAILED, "error": Outcome.ERROR}
_WORST = tuple(Outcome)

Attributes = Mapping[str, str]


class _Reader(Protocol):
    """Collects what the elements of one format say."""

    def start(self, name: str, attributes: Attributes) -> None:
        """Begin an element."""

    def end(self, name: str) -> None:
        """End an element."""

    def content(self) -> ExternalFile:
        """Return what was collected."""


def parse(data: bytes) -> ExternalFile:
    """Return the content of an XML file.

    Raises:
        UnmetError: it is not well-formed, has another root element, is nested too deep, has too many entries, or
            declares a document type.
    """
    parser = expat.ParserCreate()
    document = _Document()
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = document.start
    parser.EndElementHandler = document.end
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the others: an encoding that Python cannot read
        raise UnmetError(f"the file is not XML: {error}") from error
    return document.content()


def _refuse(*_: object) -> None:
    raise UnmetError("the file declares a document type or an entity, which is not accepted")


class _Document:
    """Chooses the reader by the root element, and limits the depth."""

    def __init__(self) -> None:
        self._depth = 0
        self._reader: _Reader | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnmetError(f"the file is nested more than {MAX_DEPTH} deep")
        if self._reader is None:
            if name not in _READERS:
                raise UnmetError(f"the root element `{name[:100]}` is not one of {', '.join(_READERS)}")
            self._reader = _READERS[name]()
        self._reader.start(name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._reader is not None:
            self._reader.end(name)

    def content(self) -> ExternalFile:
        if self._reader is None:
            raise UnmetError("the file has no root element")
        return self._reader.content()


class _JUnit:
    """Reads `testcase` elements, and their children `failure`, `error` and `skipped`."""

    def __init__(self) -> None:
        self._cases: list[CaseResult] = []
        self._name = ""
        self._seconds: float | None = None
        self._outcome: Outcome | None = None  # None outside of a test case

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "testcase":
            parts = (attributes.get("classname", ""), attributes.get("name", ""))
            self._name = short(".".join(part for part in parts if part))
            self._seconds = _seconds(attributes.get("time", ""))
            self._outcome = Outcome.PASSED
        elif self._outcome is not None and name in _OUTCOMES:
            self._outcome = max(self._outcome, _OUTCOMES[name], key=_WORST.index)

    def end(self, name: str) -> None:
        if name == "testcase" and self._outcome is not None:
            if len(self._cases) == MAX_CASES:
                raise UnmetError(f"the file has more than {MAX_CASES:,} test cases")
            self._cases.append(CaseResult(self._name, self._outcome, self._seconds))
            self._outcome = None

    def content(self) -> ExternalFile:
        return ExternalFile(Format.JUNIT, cases=tuple(self._cases))


class _Cobertura:
    """Reads `class` elements with a `filename`, and the `line` elements in them; a line may be listed repeatedly."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, bool]] = {}
        self._lines: dict[str, bool] | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "class" and "filename" in attributes:
            self._lines = self._files.setdefault(short(attributes["filename"]), {})
            if len(self._files) > MAX_FILES:
                raise UnmetError(f"the file covers more than {MAX_FILES:,} files")
        elif name == "line" and self._lines is not None:
            number = attributes.get("number", "")
            hit = attributes.get("hits", "0").strip("0") != ""
            self._lines[number] = self._lines.get(number, False) or hit

    def end(self, name: str) -> None:
        if name == "class":
            self._lines = None

    def content(self) -> ExternalFile:
        if not self._files:
            raise UnmetError("the file covers no files; Cobertura XML is read")
        counts = {path: LineCount(sum(lines.values()), len(lines)) for path, lines in self._files.items()}
        return ExternalFile(Format.COVERAGE, coverage=counts)


_READERS: Mapping[str, type[_JUnit | _Cobertura]] = {"testsuites": _JUnit, "testsuite": _JUnit, "coverage": _Cobertura}


def _seconds(text: str) -> float | None:
    """Return a time such as `1,234.5`; None if it is missing, or not a finite number of at least 0."""
    try:
        seconds = float(text.replace(",", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
