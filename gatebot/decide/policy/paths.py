"""Path patterns in the syntax of `.gitignore`: `src/**`, `*.lock`, `data/`."""

from collections.abc import Iterable, Sequence
from functools import cache

from pathspec import GitIgnoreSpec


@cache
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(patterns)


def first_match(patterns: Sequence[str], paths: Iterable[str]) -> str | None:
    """Return the first path that one of the patterns matches, or None."""
    spec = _spec(tuple(patterns))
    return next((path for path in paths if spec.match_file(path)), None)
