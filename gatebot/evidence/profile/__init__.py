"""The profile of one side's data as it was read."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.profile.need import Profile
from gatebot.evidence.profile.value import ColumnProfile, DataProfile, Levels, Overlap, RowTable, Trait

__all__ = ["KIND", "ColumnProfile", "DataProfile", "Levels", "Overlap", "Profile", "RowTable", "Trait"]

KIND = Kind(Profile, DataProfile, lambda need, session: session.profile(need.side))
