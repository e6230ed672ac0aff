"""A result file that the user's own tools wrote: JUnit XML, SARIF, coverage, or numbers as JSON."""

from gatebot.evidence.external_result.need import ExternalResult
from gatebot.evidence.external_result.parse import MAX_BYTES, parse
from gatebot.evidence.external_result.value import Alert, CaseResult, ExternalFile, Format, LineCount, Outcome, Severity
from gatebot.evidence.kind import Kind

__all__ = [
    "KIND",
    "Alert",
    "CaseResult",
    "ExternalFile",
    "ExternalResult",
    "Format",
    "LineCount",
    "Outcome",
    "Severity",
    "parse",
]

KIND = Kind(
    ExternalResult, ExternalFile, lambda need, session: parse(session.read_file(need.side, need.path, MAX_BYTES))
)
