"""The commit that a user means by a name."""

from contextlib import suppress

from gatebot.errors import UsageError
from gatebot.repository.git import Repository


def named(repository: Repository, name: str) -> str:
    """The commit that the user means by a name: anything that git understands, or a branch of `origin`.

    Raises:
        UsageError: there is none.
    """
    found = repository.find(name) or repository.find(f"refs/remotes/origin/{name}")
    if found is None and not name.startswith("-"):
        with suppress(UsageError):
            found = repository.fetched(name)
    if found is None:
        raise UsageError(
            f"base {name[:100]!r} is neither a folder with a Snapshot nor a commit of this repository",
            "Give a branch, a tag, a commit, or a folder that `gatebot run` left, such as .gatebot/base.",
        )
    return found
