"""Reads the current state of a pull request from the API: author, head, and changed paths."""

from dataclasses import dataclass

from gatebot.github import responses
from gatebot.github.api import Api, Purpose

PERMISSION = "pull-requests: read"
NEWCOMERS = frozenset({"NONE", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR"})
"""Author associations of people who have had nothing merged in the repository before."""
MAX_FILES = 3000  # GitHub's limit


@dataclass(frozen=True, slots=True)
class Pull:
    """The current state of a pull request.

    Attributes:
        author: login of the author; empty if the account was deleted.
        base_sha: the tip of the base branch when the pull request was last pushed to.
        is_fork: the head is in another repository, or its repository was deleted.
        is_first: the author has had nothing merged in this repository before, according to GitHub.
    """

    number: int
    author: str
    head_sha: str
    head_ref: str
    base_ref: str
    base_sha: str
    is_fork: bool
    is_draft: bool
    is_open: bool
    is_first: bool = False


def pull(api: Api, number: int) -> Pull:
    """Read a pull request.

    Raises:
        ApiError: The request fails; the subclass tells the cause.
    """
    why = Purpose(f"read pull request {number}", PERMISSION)
    return _value(api.get(api.path("pulls", number), responses.Pull, why))


def pulls_with_head(api: Api, sha: str, owner: str, branch: str) -> tuple[Pull, ...]:
    """Return the open pull requests whose head is this commit on this branch; `workflow_run` events do not name them.

    Args:
        api: GitHub's API.
        sha: head commit of the triggering run.
        owner: owner of the repository that contains the branch.
        branch: the branch.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    why = Purpose(f"find the pull request of {sha[:12]}", PERMISSION)
    query = {"state": "open", "head": f"{owner}:{branch}"}
    pages = api.pages(api.path("pulls"), responses.Page[responses.Pull], why, query)
    return tuple(_value(found) for page in pages for found in page.items if found.head.sha == sha)


def changed_paths(api: Api, number: int) -> frozenset[str] | None:
    """Return the paths that a pull request changes, including old names of renamed files; None if there are too many.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    why = Purpose(f"list the files of pull request {number}", PERMISSION)
    pages = api.pages(api.path("pulls", number, "files"), responses.Page[responses.File], why)
    files = [file for page in pages for file in page.items]
    if len(files) >= MAX_FILES:
        return None
    return frozenset(name for file in files for name in (file.filename, file.previous_filename) if name)


def _value(answer: responses.Pull) -> Pull:
    home, head = answer.base.repo, answer.head.repo
    return Pull(
        number=answer.number,
        author=answer.user.login if answer.user else "",
        head_sha=answer.head.sha,
        head_ref=answer.head.ref,
        base_ref=answer.base.ref,
        base_sha=answer.base.sha,
        is_fork=head is None or home is None or head.id != home.id,
        is_draft=answer.draft,
        is_open=answer.state == "open",
        is_first=answer.author_association in NEWCOMERS,
    )
