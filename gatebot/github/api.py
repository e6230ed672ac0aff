"""The one place that holds the token: makes the client, paces and repeats requests, turns failures into types."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from gatebot import __version__
from gatebot.github import responses
from gatebot.github.api_errors import (
    ApiError,
    FailedResponse,
    ForbiddenError,
    LimitedError,
    OfflineError,
    UnavailableError,
    explain,
)

if TYPE_CHECKING:
    from github import Github
    from github.GithubException import GithubException

ACTIONS_LOGIN = "github-actions[bot]"
DEFAULT_URL = "https://api.github.com"
SECONDARY_WAIT_S = 60.0  # GitHub's own advice when it does not say how long
PAGE = 100

M = TypeVar("M", bound=BaseModel)
Json = dict[str, Any]
Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast we ask and how long we insist.

    Attributes:
        between_requests_s: least time between two requests.
        between_writes_s: least time between two writes; GitHub asks for one second.
        timeout_s: of one request.
        attempts: of one request, the first included.
        patience_s: the longest that the repeats of one request may wait in all.
        sleep: how to wait.
    """

    between_requests_s: float = 0.05
    between_writes_s: float = 1.0
    timeout_s: int = 20
    attempts: int = 4
    patience_s: float = 180.0
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a request is made: `doing` completes "could not ..."; `permission` is what a workflow has to grant."""

    doing: str
    permission: str = ""


class Api:
    """GitHub's REST API for one repository."""

    def __init__(
        self, token: str, repository: str, *, url: str = DEFAULT_URL, login: str = "", pace: Pace | None = None
    ) -> None:
        """Hold the token; no request is made.

        Args:
            token: sent to `url` and nowhere else; may be empty for public reads.
            repository: `owner/name`.
            url: base of the REST API, e.g. `https://ghes.example/api/v3`.
            login: who we are, when the caller knows (a GitHub App's `name[bot]`).
            pace: speed and patience.
        """
        self.token = token
        self.repository = repository
        self.url = url.rstrip("/")
        self.pace = pace or Pace()
        self._login = login
        self._read: dict[str, tuple[str, Mapping[str, Any], Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Api({self.repository!r}, url={self.url!r})"  # never the token

    def close(self) -> None:
        """Close the connections."""
        if "client" in self.__dict__:
            self.client.close()

    @cached_property
    def client(self) -> "Github":
        """The client. It never repeats a request: we do, for we know which ones bear it."""
        from github import Auth, Github

        return Github(
            auth=Auth.Token(self.token) if self.token else None,
            base_url=self.url,
            timeout=self.pace.timeout_s,
            user_agent=f"gatebot/{__version__}",
            retry=None,
            seconds_between_requests=self.pace.between_requests_s or None,
            seconds_between_writes=self.pace.between_writes_s or None,
        )

    @property
    def login(self) -> str:
        """Who the token acts as, as its first write has told.

        Before that it has to be asked: an app's token may not ask the REST API; the other API tells it. Where neither
        does, it is a workflow's own.
        """
        self._login = self._login or self._asked_login()
        return self._login

    def _asked_login(self) -> str:
        why = Purpose("ask who the token belongs to")
        try:
            return self.get("/user", responses.User, why).login
        except ForbiddenError:
            pass
        try:
            where, body = self.client.requester.graphql_url, {"query": "{ viewer { login } }"}
            return self.send("POST", where, responses.Viewer, why, body, repeatable=False).login
        except ApiError:
            return ACTIONS_LOGIN

    def is_called(self, login: str) -> None:
        """Learn who we are from an answer of GitHub's, which saves asking."""
        self._login = self._login or login

    def path(self, *segments: str | int) -> str:
        """A path inside the repository; every segment is quoted."""
        return "/".join([f"/repos/{self.repository}", *(quote(str(segment), safe="") for segment in segments)])

    def get(self, path: str, model: type[M], why: Purpose, query: Query | None = None) -> M:
        """Read one thing.

        Raises:
            ApiError: by cause.
        """
        return _typed(model, self._request("GET", path, why, query=query)[1], why)

    def pages(
        self, path: str, model: type[M], why: Purpose, query: Query | None = None, *, most: int = 100
    ) -> Iterator[M]:
        """Read a list lazily, page by page.

        Args:
            path: of the list.
            model: of one page: a model whose `items` are the list's.
            why: for the error message.
            query: filters.
            most: pages that are read at most; what lies beyond is left.

        Raises:
            ApiError: by cause.
        """
        following, asked = path, {**(query or {}), "per_page": PAGE}
        for _ in range(most):
            headers, data = self._request("GET", following, why, query=asked)
            yield _typed(model, data if isinstance(data, dict) else {"items": data}, why)
            following, asked = _next(headers), {}
            if not following:
                return

    def send(self, verb: str, path: str, model: type[M], why: Purpose, body: Json, *, repeatable: bool = True) -> M:
        """Write something and read the answer.

        Args:
            verb: POST or PATCH.
            path: where.
            model: of the answer.
            why: for the error message.
            body: what.
            repeatable: whether doing it twice is harmless. If not, it is repeated only when GitHub said that
                nothing was done (a rate limit).

        Raises:
            ApiError: by cause; those in `trouble.AMBIGUOUS` leave open whether it was written.
        """
        return _typed(model, self._request(verb, path, why, body=body, repeatable=repeatable)[1], why)

    def delete(self, path: str, why: Purpose) -> None:
        """Delete something.

        Raises:
            ApiError: by cause; `MissingError` when it was gone already.
        """
        self._request("DELETE", path, why)

    def _request(
        self,
        verb: str,
        path: str,
        why: Purpose,
        *,
        query: Query | None = None,
        body: Json | None = None,
        repeatable: bool = True,
    ) -> tuple[Mapping[str, Any], Any]:
        def once() -> tuple[Mapping[str, Any], Any]:
            return self._known(path, query) if verb == "GET" else self.exchange(verb, path, None, {}, body)

        return patiently(once, why, self.pace, repeatable=repeatable)

    def _known(self, path: str, query: Query | None) -> tuple[Mapping[str, Any], Any]:
        """Read something; what has been read before is sent again only where it has changed."""
        key = "&".join([path, *(f"{name}={value}" for name, value in sorted((query or {}).items()))])
        tag, headers, data = self._read.get(key, ("", {}, None))
        new_headers, new = self.exchange("GET", path, query, {"If-None-Match": tag} if tag else {}, None)
        if tag and new is None:  # 304: nothing is sent, and nothing is counted against the limit
            return headers, data
        if new_tag := str(new_headers.get("etag", "")):
            self._read[key] = (new_tag, new_headers, new)
        return new_headers, new

    def exchange(
        self, verb: str, path: str, query: Query | None, headers: Mapping[str, str], body: Json | None
    ) -> tuple[Mapping[str, Any], Any]:
        """One request and its answer: headers, with names in lower case, and data; None where nothing was sent.

        Raises:
            GithubException: as the client does for every failure.
        """
        return self.client.requester.requestJsonAndCheck(verb, path, dict(query or {}), dict(headers), input=body)


T = TypeVar("T")


def patiently(once: Callable[[], T], why: Purpose, pace: Pace, *, repeatable: bool) -> T:
    """Make one request, and again while that is harmless, promising and within the caller's patience.

    Raises:
        ApiError: by cause.
    """
    waited = 0.0
    for attempt in range(pace.attempts):
        try:
            return translated(once, why)
        except ApiError as trouble:
            wait = _pause(trouble, attempt, repeatable=repeatable)
            if wait is None or attempt == pace.attempts - 1 or waited + wait > pace.patience_s:
                raise
        waited += wait
        pace.sleep(wait)
    raise ValueError("a pace has at least one attempt")


def translated(once: Callable[[], T], why: Purpose) -> T:
    """Make one request; whatever the client raises becomes an `ApiError`."""
    import requests
    from github.GithubException import GithubException

    try:
        return once()
    except GithubException as error:
        raise explain(why.doing, _answer(error), why.permission) from error
    except requests.RequestException as error:
        raise OfflineError(why.doing, said=type(error).__name__) from error
    except (ValueError, AssertionError, RuntimeError) as error:
        # the client's ways to say that this is no GitHub API: no JSON, links or redirections to another host
        raise UnavailableError(why.doing, said=f"{type(error).__name__}: {error}") from error


def _pause(trouble: ApiError, attempt: int, *, repeatable: bool) -> float | None:
    """Seconds to wait before the next attempt, None to give up."""
    match trouble:
        case LimitedError():
            return SECONDARY_WAIT_S * 2**attempt if trouble.wait_s is None else trouble.wait_s
        case OfflineError() | UnavailableError() if repeatable:
            return max(float(2**attempt), trouble.wait_s or 0.0)
        case _:
            return None


def _answer(error: "GithubException") -> FailedResponse:
    data = error.data if isinstance(error.data, dict) else {}
    words = str(data.get("message") or error.message or "")
    if data.get("errors"):
        words = f"{words} {data['errors']}"
    headers = {str(name).lower(): str(value) for name, value in (error.headers or {}).items()}
    return FailedResponse(error.status, words, headers, time.time())


def _typed(model: type[M], data: Any, why: Purpose) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(step) for step in fault["loc"]) or "the answer"
        raise UnavailableError(why.doing, said=f"{place}: {fault['msg']}") from None


def _next(headers: Mapping[str, Any]) -> str:
    from requests.utils import parse_header_links

    links = parse_header_links(str(headers.get("link", "")))
    return next((str(link["url"]) for link in links if link.get("rel") == "next" and "url" in link), "")
