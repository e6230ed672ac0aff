"""Reads the comments and reviews of a pull request in one request, from GitHub's timeline."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.github import responses
from gatebot.github.api import Api, Purpose

PERMISSION = "pull-requests: read"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Comments and submitted reviews, the oldest first."""

    comments: tuple[responses.Comment, ...] = ()
    reviews: tuple[responses.Review, ...] = ()


def read(api: Api, number: int) -> Conversation:
    """Read the timeline of a pull request.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    why = Purpose(f"list what was said on pull request {number}", PERMISSION)
    pages = api.pages(api.path("issues", number, "timeline"), responses.Page[responses.Moment], why)
    moments = [moment for page in pages for moment in page.items]
    return Conversation(tuple(_comments(moments)), tuple(_reviews(moments)))


def _comments(moments: list[responses.Moment]) -> Iterator[responses.Comment]:
    for each in moments:
        if each.event == "commented" and each.id and each.created_at and each.updated_at:
            yield responses.Comment(
                id=each.id,
                body=each.body,
                user=each.user,
                html_url=each.html_url or "",
                created_at=each.created_at,
                updated_at=each.updated_at,
            )


def _reviews(moments: list[responses.Moment]) -> Iterator[responses.Review]:
    dismissed = {each.dismissed_review.review_id for each in moments if each.dismissed_review}
    for each in moments:
        if each.event == "reviewed" and each.id and each.state:
            yield responses.Review(
                id=each.id,
                user=each.user,
                state="DISMISSED" if each.id in dismissed else each.state.upper(),
                body=each.body,
                html_url=each.html_url or "",
                commit_id=each.commit_id,
                submitted_at=each.submitted_at,
            )
