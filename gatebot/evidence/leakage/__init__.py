"""What gives the target away: columns that tell it alone, means that hold eval labels, near-copies of eval rows."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.leakage.need import MAX_COLUMNS, Leakage
from gatebot.evidence.leakage.value import Aggregate, ColumnModel, LeakageTraces

__all__ = ["KIND", "MAX_COLUMNS", "Aggregate", "ColumnModel", "Leakage", "LeakageTraces"]

KIND = Kind(Leakage, LeakageTraces, lambda need, session: session.leakage(need))
