"""What it takes to use a model: time of predictions, memory, growth of memory, time to load."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.operation.collect import measured
from gatebot.evidence.operation.need import Operation
from gatebot.evidence.operation.value import OperationRuns, ProcessRun

__all__ = ["KIND", "Operation", "OperationRuns", "ProcessRun"]

KIND = Kind(Operation, OperationRuns, measured)
