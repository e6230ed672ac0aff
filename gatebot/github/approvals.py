"""Reads the approvals of the head commit by authorised people: reviews, and `/gatebot accept` comments."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache

from gatebot.github import responses
from gatebot.github.api import Api, Purpose
from gatebot.github.api_errors import MissingError
from gatebot.github.comment_section import MARKER
from gatebot.github.conversation import Conversation

MAX_REASON = 300
ACCEPTERS = ("admin", "write")

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_COMMAND = re.compile(r"[ \t]*/gatebot[ \t]+accept\b[ \t]*(?P<rest>[^\n]*)")
_REST = re.compile(r"(?:(?P<priority>P[0-4])[ \t]+)?(?P<sha>[0-9a-fA-F]{7,64})(?:[ \t]+(?P<reason>\S.*))?")


class Kind(StrEnum):
    """The form of an approval."""

    REVIEW = "review"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Approval:
    """The approval of a commit by an authorised person.

    Attributes:
        sha: the full SHA that it applies to, which is always the requested head.
        at: time of the approval, by GitHub's clock.
        priority: the highest priority that a comment accepts (`P2`); empty accepts everything that may be accepted.
        reason: the text of the comment; untrusted.
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
    """An attempted approval that does not count, and why."""

    login: str
    kind: Kind
    why: str
    url: str


@dataclass(frozen=True, slots=True)
class Head:
    """The commit that is to be approved.

    Attributes:
        sha: the head commit.
        author: author of the pull request; empty if the account was deleted.
        since: asks GitHub when it first saw the commit, by its own clock; returns None if GitHub does not say. The
            commit's own dates are not used, because its author can choose them.
    """

    sha: str
    author: str
    since: Callable[[], datetime | None]


def read(api: Api, conversation: Conversation, head: Head) -> tuple[tuple[Approval, ...], tuple[Refusal, ...]]:
    """Return the approvals of the pull request's head, and the attempted approvals that do not count.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    approvals: list[Approval] = []
    refusals: list[Refusal] = []
    permissions: dict[str, str] = {}
    since = cache(head.since)
    for asked in [*_reviews(conversation), *_comments(conversation, head.sha)]:
        if isinstance(asked, Refusal):
            refusals.append(asked)
            continue
        why = _objection(asked, head)
        if not why and asked.login not in permissions:
            permissions[asked.login] = permission_of(api, asked.login)
        why = why or _lack(asked.login, permissions[asked.login]) or _too_early(asked.at, head.sha, since())
        if why:
            refusals.append(Refusal(asked.login, asked.kind, why, asked.url))
        else:
            approvals.append(replace(asked, permission=permissions[asked.login]))
    return tuple(approvals), tuple(refusals)


def permission_of(api: Api, login: str) -> str:
    """Return `admin`, `write`, `read` or `none`; GitHub reports `maintain` as `write` and `triage` as `read`.

    Raises:
        ApiError: The request fails; the subclass tells the cause.
    """
    why = Purpose(f"read the permission of {login}", "metadata: read")
    try:
        return api.get(api.path("collaborators", login, "permission"), responses.Permission, why).permission
    except MissingError:
        return "none"


def _reviews(conversation: Conversation) -> Iterator[Approval | Refusal]:
    """Yield the approval of each reviewer whose latest review approves. Comments change nothing.

    A review that requests changes revokes an earlier approval.
    """
    last: dict[str, responses.Review] = {}
    for review in conversation.reviews:
        if review.user is not None and review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[review.user.login] = review
    for login, review in last.items():
        if review.state == "APPROVED":
            sha, reason = review.commit_id or "", " ".join((review.body or "").split())[:MAX_REASON]
            yield Approval(login, sha, Kind.REVIEW, "", review.submitted_at, review.html_url, reason=reason)


def _comments(conversation: Conversation, head_sha: str) -> Iterator[Approval | Refusal]:
    for comment in conversation.comments:
        ours = (comment.body or "").startswith(MARKER)  # gatebot's own comment quotes the command
        if comment.user is not None and not ours:
            yield from _commands(comment, comment.user.login, head_sha)


def _commands(comment: responses.Comment, login: str, head_sha: str) -> Iterator[Approval | Refusal]:
    for line in _plain_text(comment.body or "").splitlines():
        command = _COMMAND.fullmatch(line)
        if command is None:
            continue
        arguments = _REST.fullmatch(command["rest"].strip())
        if arguments is None:
            why = f"the command reads: /gatebot accept [P0..P4] {head_sha} [reason]"
            yield Refusal(login, Kind.COMMENT, why, comment.html_url)
        elif len(arguments["sha"]) != len(head_sha):
            priority = f"{arguments['priority']} " if arguments["priority"] else ""
            why = f"a part of an id fits other commits too, so write all of it: /gatebot accept {priority}{head_sha}"
            yield Refusal(login, Kind.COMMENT, why, comment.html_url)
        elif comment.updated_at != comment.created_at:
            why = "the comment was edited, and GitHub does not say by whom: write a new one"
            yield Refusal(login, Kind.COMMENT, why, comment.html_url)
        else:
            yield Approval(
                login=login,
                sha=arguments["sha"].lower(),
                kind=Kind.COMMENT,
                permission="",
                at=comment.created_at,
                url=comment.html_url,
                priority=arguments["priority"] or "",
                reason=(arguments["reason"] or "").strip()[:MAX_REASON],
            )


def _plain_text(body: str) -> str:
    """Return the text of a comment without code blocks and HTML comments."""
    body = re.sub(r"<!--.*?(?:-->|\Z)", "", body, flags=re.DOTALL)
    kept, fence = [], ""
    for line in body.splitlines():
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        elif not line.startswith(("    ", "\t")):
            kept.append(line)
    return "\n".join(kept)


def _objection(asked: Approval, head: Head) -> str:
    if not head.author or asked.login.lower() == head.author.lower():
        return "the author cannot accept"
    if asked.sha != head.sha:
        return f"it is about {asked.sha[:12] or 'a commit that is gone'}, the head is {head.sha}"
    return ""


def _lack(login: str, permission: str) -> str:
    return "" if permission in ACCEPTERS else f"it takes write permission; {login} has {permission}"


def _too_early(at: datetime | None, sha: str, since: datetime | None) -> str:
    if since is None:
        return f"GitHub does not say since when it has known {sha[:12]}, so nothing can be younger"
    if at is None or at <= since:
        return f"it is not younger than the head: GitHub has known {sha[:12]} since {since:%Y-%m-%d %H:%M:%S} UTC"
    return ""
