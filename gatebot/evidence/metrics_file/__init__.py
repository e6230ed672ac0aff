"""The metrics file that the user's own tools write."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.metrics_file.need import MetricsFile
from gatebot.evidence.metrics_file.value import ReportedMetrics

__all__ = ["KIND", "MetricsFile", "ReportedMetrics"]

KIND = Kind(MetricsFile, ReportedMetrics, lambda need, session: session.metrics_file(need))
