"""How an attempt to publish something can end without being an error."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """It is on GitHub as asked. `url` may be empty where the API gives none."""

    url: str
    created: bool = False


@dataclass(frozen=True, slots=True)
class Unchanged:
    """It was there already, word for word: nothing was written."""

    url: str


@dataclass(frozen=True, slots=True)
class NoCommentNeeded:
    """There is nothing to say in this mode, and nothing was said before."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer run or a newer commit has the word: nothing was written."""

    why: str


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """The token may not write this. For a fork that is normal; elsewhere `hint` names the missing permission."""

    why: str
    hint: str
