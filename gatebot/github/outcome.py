"""The outcomes of publishing that are not errors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """The content was written. `url` may be empty if the API provides none."""

    url: str
    created: bool = False


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The same content exists already, so nothing was written."""

    url: str


@dataclass(frozen=True, slots=True)
class NoCommentNeeded:
    """There is nothing to report in this mode, and no earlier comment to update."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer run, or a run of a newer commit, takes precedence, so nothing was written."""

    why: str


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """The token lacks the permission to write. This is normal for a fork; otherwise `hint` names the permission."""

    why: str
    hint: str
