"""What a call of `predict` leaves behind besides its predictions."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.side_effects.collect import observed
from gatebot.evidence.side_effects.need import SideEffects
from gatebot.evidence.side_effects.value import Observed

__all__ = ["KIND", "Observed", "SideEffects"]

KIND = Kind(SideEffects, Observed, observed)
