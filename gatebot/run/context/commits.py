"""Resolves a name that the user gives to a commit."""

from contextlib import suppress

from gatebot.errors import UsageError
from gatebot.repository.git import Repository


def named(repository: Repository, name: str) -> str:
    """Return the commit that a name refers to: anything that git resolves, or a branch of `origin`.

    Raises:
        UsageError: There is no such commit.
    """
    found = repository.find(name) or repository.find(f"refs/remotes/origin/{name}")
    if found is None and not name.startswith("-"):
        with suppress(UsageError):
            found = repository.fetched(name)
    if found is None and repository.is_shallow:
        raise UsageError(
            f"base {name[:100]!r} is not here: this is a shallow clone, which lacks a part of the history",
            repository.whole,
        )
    if found is None:
        raise UsageError(
            f"base {name[:100]!r} is neither a folder with a Snapshot nor a commit of this repository",
            "Give a branch, a tag, a commit, or a folder that `gatebot run` left, such as .gatebot/base.",
        )
    return found
