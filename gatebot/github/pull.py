"""What the API says about a pull request now: whose it is, where its head stands, what it touches."""

from dataclasses import dataclass

from gatebot.github import responses
from gatebot.github.api import Api, Purpose

PERMISSION = "pull-requests: read"
NEWCOMERS = frozenset({"NONE", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR"})
"""What GitHub calls somebody of whom nothing was merged in the repository before."""
MAX_FILES = 3000  # GitHub lists no more


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as it is now.

    Attributes:
        author: login, empty when the account was deleted.
        base_sha: the tip of base when the pull request was last pushed to.
        is_fork: the head lies in another repository, or in none any more.
        is_first: nothing of its author's was merged here before, as GitHub says it.
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
        ApiError: by cause.
    """
    why = Purpose(f"read pull request {number}", PERMISSION)
    return _value(api.get(api.path("pulls", number), responses.Pull, why))


def pulls_with_head(api: Api, sha: str, owner: str, branch: str) -> tuple[Pull, ...]:
    """The open pull requests whose head is this commit on this branch: for `workflow_run`, which does not say.

    Args:
        api: GitHub.
        sha: head commit of the run that triggered us.
        owner: owner of the repository that the run's branch lies in.
        branch: the branch.

    Raises:
        ApiError: by cause.
    """
    why = Purpose(f"find the pull request of {sha[:12]}", PERMISSION)
    query = {"state": "open", "head": f"{owner}:{branch}"}
    pages = api.pages(api.path("pulls"), responses.Page[responses.Pull], why, query)
    return tuple(_value(found) for page in pages for found in page.items if found.head.sha == sha)


def changed_paths(api: Api, number: int) -> frozenset[str] | None:
    """The paths that a pull request touches, old names of renamed files too; None when GitHub cannot list all.

    Raises:
        ApiError: by cause.
    """
    why = Purpose(f"list the files of pull request {number}", PERMISSION)
    pages = api.pages(api.path("pulls", number, "files"), responses.Page[responses.File], why)
    files = [file for page in pages for file in page.items]
    if len(files) >= MAX_FILES:
        return None
    return frozenset(name for file in files for name in (file.filename, file.previous_filename) if name)


def _value(said: responses.Pull) -> Pull:
    home, head = said.base.repo, said.head.repo
    return Pull(
        number=said.number,
        author=said.user.login if said.user else "",
        head_sha=said.head.sha,
        head_ref=said.head.ref,
        base_ref=said.base.ref,
        base_sha=said.base.sha,
        is_fork=head is None or home is None or head.id != home.id,
        is_draft=said.draft,
        is_open=said.state == "open",
        is_first=said.author_association in NEWCOMERS,
    )
