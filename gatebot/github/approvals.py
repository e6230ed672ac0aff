"""Who with the right to has accepted which commit: by a review, or by `/gatebot accept` in a comment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gatebot.github import answers
from gatebot.github.api import Api, Purpose
from gatebot.github.pull import Pull
from gatebot.github.trouble import MissingError

PERMISSION = "pull-requests: read"
ACCEPTERS = ("admin", "write")

_COMMAND = re.compile(r"[ \t]*/gatebot[ \t]+accept\b[ \t]*(?P<rest>[^\n]*)")
_REST = re.compile(r"(?:(?P<priority>P[0-4])[ \t]+)?(?P<sha>[0-9a-fA-F]{7,64})(?:[ \t]+(?P<reason>\S.*))?")


class Kind(StrEnum):
    """How somebody accepted."""

    REVIEW = "review"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody may and does accept a commit.

    Attributes:
        sha: the whole SHA that it binds to: always the head it was asked for.
        priority: what a comment accepts at most (`P2`); empty accepts everything that may be accepted.
        reason: in the comment's words, untrusted.
    """

    login: str
    sha: str
    kind: Kind
    permission: str
    at: datetime | None
    url: str
    priority: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody meant to accept, and it does not count."""

    login: str
    kind: Kind
    why: str
    url: str


def read(api: Api, pull: Pull) -> tuple[tuple[Approval, ...], tuple[Refusal, ...]]:
    """What counts as acceptance of the pull request's head, and what was meant so and does not.

    Raises:
        ApiError: by cause.
    """
    approvals: list[Approval] = []
    refusals: list[Refusal] = []
    permissions: dict[str, str] = {}
    for asked in [*_reviews(api, pull), *_comments(api, pull)]:
        if isinstance(asked, Refusal):
            refusals.append(asked)
            continue
        if asked.login not in permissions:
            permissions[asked.login] = permission_of(api, asked.login)
        why = _objection(asked, pull, permissions[asked.login])
        if why:
            refusals.append(Refusal(asked.login, asked.kind, why, asked.url))
        else:
            approvals.append(replace(asked, sha=pull.head_sha, permission=permissions[asked.login]))
    return tuple(approvals), tuple(refusals)


def permission_of(api: Api, login: str) -> str:
    """`admin`, `write`, `read` or `none`; `maintain` and `triage` count as GitHub counts them: `write` and `read`.

    Raises:
        ApiError: by cause.
    """
    why = Purpose(f"read the permission of {login}", "metadata: read")
    try:
        return api.get(api.path("collaborators", login, "permission"), answers.Permission, why).permission
    except MissingError:
        return "none"


def _reviews(api: Api, pull: Pull) -> Iterator[Approval | Refusal]:
    """Of every reviewer the last word. A remark changes nothing; asking for changes takes an approval back."""
    why = Purpose(f"list the reviews of pull request {pull.number}", PERMISSION)
    last: dict[str, answers.Review] = {}
    for page in api.pages(api.path("pulls", pull.number, "reviews"), answers.Page[answers.Review], why):
        for review in page.items:
            if review.user is not None and review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
                last[review.user.login] = review
    for login, review in last.items():
        if review.state == "APPROVED":
            sha = review.commit_id or ""
            yield Approval(login, sha, Kind.REVIEW, "", review.submitted_at, review.html_url)


def _comments(api: Api, pull: Pull) -> Iterator[Approval | Refusal]:
    why = Purpose(f"list the comments of pull request {pull.number}", PERMISSION)
    for page in api.pages(api.path("issues", pull.number, "comments"), answers.Page[answers.Comment], why):
        for comment in page.items:
            if comment.user is not None:
                yield from _commands(comment, comment.user.login)


def _commands(comment: answers.Comment, login: str) -> Iterator[Approval | Refusal]:
    for line in (comment.body or "").splitlines():
        command = _COMMAND.fullmatch(line)
        if command is None:
            continue
        said = _REST.fullmatch(command["rest"].strip())
        if said is None:
            why = "the command reads: /gatebot accept [P0..P4] <commit, 7 characters or more> [reason]"
            yield Refusal(login, Kind.COMMENT, why, comment.html_url)
        elif comment.updated_at != comment.created_at:
            why = "the comment was edited, and GitHub does not say by whom: write a new one"
            yield Refusal(login, Kind.COMMENT, why, comment.html_url)
        else:
            yield Approval(
                login=login,
                sha=said["sha"].lower(),
                kind=Kind.COMMENT,
                permission="",
                at=comment.created_at,
                url=comment.html_url,
                priority=said["priority"] or "",
                reason=(said["reason"] or "")[:300],
            )


def _objection(asked: Approval, pull: Pull, permission: str) -> str:
    if not pull.author or asked.login.lower() == pull.author.lower():
        return "the author cannot accept"
    if permission not in ACCEPTERS:
        return f"it takes write permission; {asked.login} has {permission}"
    if not asked.sha or not pull.head_sha.startswith(asked.sha):
        return f"it is about {asked.sha[:12] or 'a commit that is gone'}, the head is {pull.head_sha[:12]}"
    return ""
