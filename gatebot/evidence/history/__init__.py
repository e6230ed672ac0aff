"""The values of earlier runs. This is the contract; nothing keeps them yet."""

from gatebot.evidence.history.need import History
from gatebot.evidence.history.value import RunHistory, RunValue
from gatebot.evidence.kind import Kind

__all__ = ["KIND", "History", "RunHistory", "RunValue"]

KIND = Kind(History, RunHistory, lambda need, session: session.history(need))
