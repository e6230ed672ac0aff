"""Client of GitHub's REST API. It holds the token, paces and repeats requests, and turns failures into exceptions."""

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
SECONDARY_WAIT_S = 60.0  # recommended by GitHub if it sends no waiting time
PAGE = 100

M = TypeVar("M", bound=BaseModel)
Json = dict[str, Any]
Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Pace:
    """The rate of requests, and how often they are repeated.

    Attributes:
        between_requests_s: minimum time between two requests.
        between_writes_s: minimum time between two writes; GitHub recommends one second.
        timeout_s: time limit of one request.
        attempts: number of attempts of one request, including the first.
        patience_s: maximum total time that the repeats of one request may wait.
        sleep: function that waits.
    """

    between_requests_s: float = 0.05
    between_writes_s: float = 1.0
    timeout_s: int = 20
    attempts: int = 4
    patience_s: float = 180.0
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Purpose:
    """The purpose of a request: `doing` completes "could not ..."; `permission` is what the workflow must grant."""

    doing: str
    permission: str = ""


class Api:
    """GitHub's REST API for one repository."""

    def __init__(
        self, token: str, repository: str, *, url: str = DEFAULT_URL, login: str = "", pace: Pace | None = None
    ) -> None:
        """Create a client without making a request.

        Args:
            token: sent only to `url`; may be empty for public reads.
            repository: `owner/name`.
            url: base address of the REST API, e.g. `https://ghes.example/api/v3`.
            login: login of the token, if the caller knows it (a GitHub App's `name[bot]`).
            pace: rate of requests and of repeats.
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
        return f"Api({self.repository!r}, url={self.url!r})"  # must not contain the token

    def close(self) -> None:
        """Close the connections."""
        if "client" in self.__dict__:
            self.client.close()

    @cached_property
    def client(self) -> "Github":
        """The underlying client. It does not repeat requests; `patiently` does, if that is safe."""
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
        """The login that the token acts as, as the answer to its first write shows.

        Before a write, GitHub is asked: first the REST API, which refuses tokens of apps, then the GraphQL API. If
        neither answers, the token is assumed to be the workflow's own.
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
        """Set the login from an answer of GitHub, which saves a request."""
        self._login = self._login or login

    def path(self, *segments: str | int) -> str:
        """Return an API path inside the repository, with every segment quoted."""
        return "/".join([f"/repos/{self.repository}", *(quote(str(segment), safe="") for segment in segments)])

    def get(self, path: str, model: type[M], why: Purpose, query: Query | None = None) -> M:
        """Read one resource.

        Raises:
            ApiError: The request fails; the subclass tells the cause.
        """
        return _typed(model, self._request("GET", path, why, query=query)[1], why)

    def pages(
        self, path: str, model: type[M], why: Purpose, query: Query | None = None, *, most: int = 100
    ) -> Iterator[M]:
        """Read a list lazily, page by page.

        Args:
            path: path of the list.
            model: model of one page, whose `items` are the elements of the list.
            why: purpose, for the error message.
            query: filters.
            most: maximum number of pages; further pages are not read.

        Raises:
            ApiError: A request fails; the subclass tells the cause.
        """
        following, asked = path, {**(query or {}), "per_page": PAGE}
        for _ in range(most):
            headers, data = self._request("GET", following, why, query=asked)
            yield _typed(model, data if isinstance(data, dict) else {"items": data}, why)
            following, asked = _next(headers), {}
            if not following:
                return

    def send(self, verb: str, path: str, model: type[M], why: Purpose, body: Json, *, repeatable: bool = True) -> M:
        """Send a write request and return the answer.

        Args:
            verb: POST or PATCH.
            path: path of the resource.
            model: model of the answer.
            why: purpose, for the error message.
            body: content of the request.
            repeatable: whether repeating the request is harmless. If not, it is repeated only if GitHub refused to
                execute it (a rate limit).

        Raises:
            ApiError: The request fails; after those in `api_errors.AMBIGUOUS` the write may have happened.
        """
        return _typed(model, self._request(verb, path, why, body=body, repeatable=repeatable)[1], why)

    def delete(self, path: str, why: Purpose) -> None:
        """Delete a resource.

        Raises:
            ApiError: The request fails; `MissingError` if the resource does not exist any more.
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
        """Read a resource with an ETag, so that GitHub sends it again only if it has changed."""
        key = "&".join([path, *(f"{name}={value}" for name, value in sorted((query or {}).items()))])
        tag, headers, data = self._read.get(key, ("", {}, None))
        new_headers, new = self.exchange("GET", path, query, {"If-None-Match": tag} if tag else {}, None)
        if tag and new is None:  # 304: no content, and not counted against the rate limit
            return headers, data
        if new_tag := str(new_headers.get("etag", "")):
            self._read[key] = (new_tag, new_headers, new)
        return new_headers, new

    def exchange(
        self, verb: str, path: str, query: Query | None, headers: Mapping[str, str], body: Json | None
    ) -> tuple[Mapping[str, Any], Any]:
        """Make one request and return headers, with names in lower case, and data; None if the answer has no content.

        Raises:
            GithubException: The request fails.
        """
        return self.client.requester.requestJsonAndCheck(verb, path, dict(query or {}), dict(headers), input=body)


T = TypeVar("T")


def patiently(once: Callable[[], T], why: Purpose, pace: Pace, *, repeatable: bool) -> T:
    """Make a request, and repeat it while that is harmless, can help, and stays within the limits of `pace`.

    Raises:
        ApiError: The request fails; the subclass tells the cause.
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
    """Make one request and convert all exceptions of the client to `ApiError`."""
    import requests
    from github.GithubException import GithubException

    try:
        return once()
    except GithubException as error:
        raise explain(why.doing, _answer(error), why.permission) from error
    except requests.RequestException as error:
        raise OfflineError(why.doing, detail=type(error).__name__) from error
    except (ValueError, AssertionError, RuntimeError) as error:
        # the client raises these if the server is not GitHub's API: no JSON, links or redirections to another host
        raise UnavailableError(why.doing, detail=f"{type(error).__name__}: {error}") from error


def _pause(trouble: ApiError, attempt: int, *, repeatable: bool) -> float | None:
    """Return the seconds to wait before the next attempt; None to give up."""
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
        raise UnavailableError(why.doing, detail=f"{place}: {fault['msg']}") from None


def _next(headers: Mapping[str, Any]) -> str:
    from requests.utils import parse_header_links

    links = parse_header_links(str(headers.get("link", "")))
    return next((str(link["url"]) for link in links if link.get("rel") == "next" and "url" in link), "")
