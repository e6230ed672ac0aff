"""A path that user code asked for and that is not there while it runs, and why not."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_PATH = 300


class Absence(StrEnum):
    """Why a path is not there."""

    DATA = "data"  # the data itself, whose rows gatebot hands over
    IGNORED = "ignored"  # git ignores it, so that no commit has it
    FOLDER = "folder"  # a folder on the way to it is in no commit
    SUBMODULE = "submodule"  # it lies in a submodule that is not checked out
    POINTER = "pointer"  # a file of Git LFS whose content is not here
    OUTSIDE = "outside"  # it lies outside of the repository
    REMOVED = "removed"  # base has it, head does not


@dataclass(frozen=True, slots=True)
class MissingPath:
    """A path that is not there. It comes from the log of user code, so it only advises.

    Attributes:
        path: relative to the repository; as the code asked for it, if it lies outside.
        why: why it is not there.
        place: the folder that is missing, or the submodule; otherwise empty.
    """

    path: str
    why: Absence
    place: str = ""

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        for name, text in (("path", self.path), ("place", self.place)):
            if len(text) > MAX_PATH or len(text.splitlines()) > 1:
                yield f"a missing {name} is not one line of at most {MAX_PATH} characters"
