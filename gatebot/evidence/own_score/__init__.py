"""Values of metrics that the user wrote."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.own_score.need import Score
from gatebot.evidence.own_score.value import OwnScore

__all__ = ["KIND", "OwnScore", "Score"]

KIND = Kind(Score, OwnScore, lambda need, session: session.score(need))
