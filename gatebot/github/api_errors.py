"""Exceptions of the GitHub API: one class per cause, each with advice on what to change."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatebot.errors import GateError


class ApiError(GateError):
    """A request to GitHub failed.

    Attributes:
        status: the HTTP status; 0 if there was no answer.
        detail: GitHub's message, or what went wrong without an answer, shortened.
        wait_s: seconds to wait, as GitHub requests; None if it does not say.
    """

    advice = "Try again; if it stays, see https://www.githubstatus.com."

    def __init__(
        self, doing: str, status: int = 0, detail: str = "", permission: str = "", wait_s: float | None = None
    ) -> None:
        self.status = status
        self.detail = " ".join(detail.split())[:300]
        self.wait_s = wait_s
        answer = f"HTTP {status}" if status else "no answer"
        words = f"could not {doing}: {answer}" + (f", {self.detail!r}" if self.detail else "")
        super().__init__(words, self.advice.format(permission=permission or "the permission that it needs"))


class OfflineError(ApiError):
    """There was no connection, or it broke; whether a write took place is unknown."""

    advice = "Check the network and GITHUB_API_URL; on a self-hosted runner, its proxy and certificates."


class BadTokenError(ApiError):
    """401: the token is missing, expired or revoked."""

    advice = "Give the action a valid `token`; the default is ${{{{ github.token }}}}."


class ForbiddenError(ApiError):
    """403: the token is valid but lacks the permission."""

    advice = (
        "Give the job `permissions: {permission}`. Runs of pull requests from forks and of Dependabot never get it:"
        " there `gatebot init --forks` publishes from a second workflow."
    )


class LockedError(ApiError):
    """403: the conversation is locked."""

    advice = "Unlock the conversation, or read the report in the job's summary."


class MissingError(ApiError):
    """404: the resource does not exist, or the token may not see it."""

    advice = "Check the name; a token without `permissions: {permission}` gets the same answer."


class GoneError(ApiError):
    """410: the resource no longer exists, such as an expired artifact or disabled issues."""

    advice = "It has expired or was switched off; raise the retention, or run the default branch again."


class InvalidError(ApiError):
    """422: GitHub refuses the content of the request."""

    advice = "This is a limit of GitHub that gatebot should have kept: please report it."


class LimitedError(ApiError):
    """403 or 429: too many requests, and waiting would exceed the limit of `Pace`."""

    advice = "Wait until the limit resets, or give the action a token of its own; jobs of a repository share one limit."


class UnavailableError(ApiError):
    """5xx, or an answer that is not from the API; whether a write took place is unknown."""


AMBIGUOUS = (OfflineError, UnavailableError)
"""After these errors a write may have happened, so the state must be read before the write is repeated."""

_RATE_WORDS = (
    "api rate limit exceeded",
    "you have exceeded a secondary rate limit",
    "please retry your request again later",
    "please wait a few minutes before you try again",
    "abuse detection mechanism",
    "was submitted too quickly",
)
_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: BadTokenError,
    403: ForbiddenError,
    404: MissingError,
    410: GoneError,
    422: InvalidError,
    429: LimitedError,
}


@dataclass(frozen=True, slots=True)
class FailedResponse:
    """The answer to a failed request. Header names are in lower case."""

    status: int
    message: str
    headers: Mapping[str, str]
    now: float


def explain(doing: str, answer: FailedResponse, permission: str) -> ApiError:
    """Return the exception for a failed answer."""
    words = answer.message.lower()
    wait = _wait(answer)
    if answer.status in (403, 429) and (wait is not None or any(known in words for known in _RATE_WORDS)):
        return LimitedError(doing, answer.status, answer.message, permission, wait)
    if answer.status == 403 and "is locked" in words:
        return LockedError(doing, answer.status, answer.message, permission)
    kind = _BY_STATUS.get(answer.status, UnavailableError if answer.status >= 500 else ApiError)
    return kind(doing, answer.status, answer.message, permission, wait)


def _wait(answer: FailedResponse) -> float | None:
    after = answer.headers.get("retry-after", "")
    if after.isascii() and after.isdigit() and len(after) < 9:
        return float(after)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit() and len(reset) < 12:
        return max(0.0, float(reset) - answer.now) + 1.0  # the reset time is rounded down to seconds
    return None
