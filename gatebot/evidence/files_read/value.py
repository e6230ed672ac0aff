"""The files that were read, as evidence."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.evidence.kind import Evidence

MAX_FILES = 5_000
MAX_PATH = 900


@dataclass(frozen=True, slots=True)
class ReadFiles(Evidence):
    """Files of a commit that a training and its predicting read, or that decide in another way what they do.

    User code can read a file and make it look unread; it cannot do so for the other side. So this is for notes alone.

    Attributes:
        paths: relative to the repository, sorted.
        why: why further files may have been read; empty if these are all.
    """

    paths: tuple[str, ...]
    why: str = ""

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        if len(self.paths) > MAX_FILES:
            yield f"more than {MAX_FILES:,} files were read"
        if any(len(path) > MAX_PATH for path in self.paths):
            yield f"a path has more than {MAX_PATH} characters"
