"""A small GitHub for tests: stateful, on real sockets, every request and answer judged by GitHub's own description.

In a test: `with FakeGitHub() as github: Api("bot-token", github.repository, url=github.url)`.
From outside: `python -m tests.github.fake_github --port 8123 --state DIR` prints its URL and keeps DIR/state.json.
"""

import argparse
import hashlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.github.contract import Contract, Operation, contract
from tests.github.fake_routes import ROUTES, Asked, Reply, refusal
from tests.github.fake_state import READ_ALL, WRITE_ALL, Row, State

BOT_TOKEN = "bot-token"
FORK_TOKEN = "fork-token"
PAT = "personal-token"
BOT = "github-actions[bot]"
AUTHOR = "contributor"


@dataclass
class Failure:
    """An injected failure. `after`: it is done first, and only the answer is lost. Status 0 drops the connection."""

    verb: str
    part: str
    status: int
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after: bool = False
    raw: bytes | None = None
    skip: int = 0


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    verb: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


class FakeGitHub:
    """One repository on http://127.0.0.1, and a store for artifacts on another port.

    Attributes:
        state: everything it knows; tests may read and change it.
        seen: every request to the API, in order.
        store_seen: the headers of every request to the store.
        faults: where a request or an answer broke the contract; a test that expects none asserts that it is empty.
    """

    def __init__(
        self, state: State | None = None, save_to: Path | None = None, *, prefix: str = "", judges: bool = True
    ) -> None:
        """A `prefix` of `/api/v3` makes it an enterprise server; one that does not judge is a hundred times faster."""
        self.state = state or State()
        self.judges = judges
        self.prefix = prefix
        self.save_to = save_to
        self.seen: list[Seen] = []
        self.store_seen: list[dict[str, str]] = []
        self.faults: list[str] = []
        self.failures: list[Failure] = []
        self.before: list[Callable[[Seen], None]] = []
        self.contract: Contract = contract()
        self._lock = threading.RLock()
        self._servers: list[ThreadingHTTPServer] = []
        if not self.state.tokens:
            self.token(BOT_TOKEN, BOT, WRITE_ALL, installation=True)
            self.token(FORK_TOKEN, BOT, READ_ALL, installation=True)
            self.token(PAT, "releaser", WRITE_ALL)

    # -- running

    def start(self, port: int = 0) -> Self:
        """Serve on 127.0.0.1; port 0 takes a free one."""
        for handler, at in ((_api_handler(self), port), (_store_handler(self), 0)):
            server = _Server(("127.0.0.1", at), handler)
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Of the API: GITHUB_API_URL."""
        return f"http://127.0.0.1:{self._servers[0].server_address[1]}{self.prefix}"

    @property
    def store_url(self) -> str:
        return f"http://localhost:{self._servers[1].server_address[1]}" if self._servers else ""

    @property
    def repository(self) -> str:
        return self.state.repository

    # -- setting the scene

    def token(self, token: str, login: str, permissions: dict[str, str], *, installation: bool = False) -> str:
        """A token; an `installation` token may not ask who it is, as the one of a workflow."""
        row = {"login": login, "permissions": dict(permissions), "installation": installation}
        self.state.tokens[token] = row
        self.user(login)
        return token

    def user(self, login: str, permission: str = "") -> str:
        if login not in self.state.users:
            self.state.users.append(login)
        if permission:
            self.state.permissions[login] = permission
        return login

    def commit(self, sha: str = "", *parents: str) -> str:
        sha = sha or hashlib.sha1(f"commit {len(self.state.commits)}".encode(), usedforsecurity=False).hexdigest()
        self.state.commits[sha] = list(parents)
        return sha

    def pull(
        self,
        head_sha: str = "",
        *,
        base_sha: str = "",
        author: str = AUTHOR,
        fork_id: int | None = None,
        draft: bool = False,
        head_ref: str = "change",
        base_ref: str = "",
        files: tuple[str | tuple[str, str], ...] = (),
    ) -> int:
        """A pull request; `files` are paths, or (new, old) for a renamed one. Returns its number."""
        number = len(self.state.pulls) + 1
        home = self.state.repository_id
        self.state.pulls[str(number)] = {
            "number": number,
            "state": "open",
            "locked": False,
            "draft": draft,
            "author": self.user(author) if author else "",
            "head_sha": self.commit(head_sha),
            "head_ref": head_ref,
            "head_repository_id": home if fork_id is None else fork_id,
            "head_owner": self.repository.split("/")[0] if fork_id is None else author,
            "base_sha": self.commit(base_sha),
            "base_ref": base_ref or self.state.default_branch,
        }
        pairs = [(file, None) if isinstance(file, str) else file for file in files]
        self.state.files[str(number)] = [{"filename": new, "previous_filename": old} for new, old in pairs]
        return number

    def push_to_pull(self, number: int, head_sha: str = "") -> str:
        sha = self.commit(head_sha)
        self.state.pulls[str(number)]["head_sha"] = sha
        return sha

    def comment(self, number: int, login: str, body: str, *, edited: bool = False) -> int:
        made = self.state.now()
        row: Row = {"id": self.state.next_id(), "number": number, "login": self.user(login), "body": body, "made": made}
        row["changed"] = self.state.now() if edited else made
        self.state.comments.append(row)
        return int(row["id"])

    def review(self, number: int, login: str, state: str, sha: str | None = None, body: str = "") -> None:
        row: Row = {"id": self.state.next_id(), "login": self.user(login), "state": state, "at": self.state.now()}
        row["body"] = body
        row["sha"] = self.state.pulls[str(number)]["head_sha"] if sha is None else sha
        self.state.reviews.setdefault(str(number), []).append(row)

    def run(
        self,
        sha: str,
        *,
        event: str = "push",
        branch: str = "",
        status: str = "completed",
        conclusion: str | None = "success",
        path: str = ".github/workflows/gatebot.yml",
        head_repository_id: int | None = None,
    ) -> int:
        """A workflow run. Returns its id."""
        row: Row = {
            "id": self.state.next_id(),
            "event": event,
            "status": status,
            "conclusion": conclusion if status == "completed" else None,
            "head_branch": branch or self.state.default_branch,
            "head_sha": sha,
            "path": path,
            "made": (made := self.state.now()),
            "attempt": 1,
            "started": made,
            "head_repository_id": self.state.repository_id if head_repository_id is None else head_repository_id,
        }
        self.state.workflow_runs.append(row)
        return int(row["id"])

    def run_again(self, run_id: int) -> int:
        """Another attempt of a run. Returns its number."""
        [row] = [run for run in self.state.workflow_runs if run["id"] == run_id]
        row |= {"attempt": row["attempt"] + 1, "started": self.state.now()}
        return int(row["attempt"])

    def artifact(
        self,
        run_id: int,
        name: str,
        data: bytes,
        *,
        expired: bool = False,
        gone: bool = False,
        made: str = "",
        claims: Row | None = None,
    ) -> int:
        """An artifact; returns its id. `gone`: listed, but its download answers 410. `claims`: lies about its run."""
        row: Row = {"id": self.state.next_id(), "run_id": run_id, "name": name, "expired": expired, "gone": gone}
        row["claims"] = claims or {}
        row |= {"size": len(data), "made": made or self.state.now()}
        row["digest"] = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.state.artifacts.append(row)
        self.state.blobs[str(row["id"])] = data.hex()
        return int(row["id"])

    def fail(self, verb: str, part: str, status: int, message: str = "", **more: Any) -> None:
        """Let the next request whose path contains `part` fail; see `Failure`."""
        self.failures.append(Failure(verb, part, status, message, **more))

    # -- looking

    def bodies(self, number: int) -> list[str]:
        """The comments of a pull request, the oldest first."""
        return [row["body"] for row in self.state.comments if row["number"] == number]

    def latest_statuses(self, sha: str) -> dict[str, Row]:
        return {row["context"]: row for row in self.state.statuses if row["sha"] == sha}

    def asked(self, verb: str, part: str = "") -> list[Seen]:
        return [request for request in self.seen if request.verb == verb and part in request.path]

    # -- serving

    def answer(self, seen: Seen) -> Reply | None:
        """What the API says; None drops the connection."""
        with self._lock:
            self.seen.append(seen)
            for hook in list(self.before):
                hook(seen)
            failure = self._failure(seen)
            if failure is not None and not failure.after:
                return _failed(failure)
            reply = self._graphql(seen) if seen.path == "/graphql" else self._judged(seen)
            if self.save_to is not None and seen.verb != "GET":
                self.state.save(self.save_to)
            return _failed(failure) if failure is not None else reply

    def _failure(self, seen: Seen) -> Failure | None:
        for failure in self.failures:
            if failure.verb == seen.verb and failure.part in seen.path:
                if failure.skip:
                    failure.skip -= 1
                    continue
                failure.times -= 1
                if not failure.times:
                    self.failures.remove(failure)
                return failure
        return None

    def _judged(self, seen: Seen) -> Reply:
        match = self.contract.find(seen.verb, seen.path)
        if match is None:
            self.faults.append(f"{seen.verb} {seen.path} is not in the cut description")
            return refusal(404, "Not Found")
        operation, values = match
        token = self._token(seen)
        if token is None:
            return refusal(401, "Bad credentials")
        if f"{values.get('owner', '')}/{values.get('repo', '')}" not in (self.repository, "/"):
            return refusal(404, "Not Found")
        faults = self.contract.request_faults(operation, seen.query, seen.body) if self.judges else []
        if faults:
            self._fault(operation, faults)
            return refusal(422, "Invalid request.\n\n" + "; ".join(faults))
        permission, serve = ROUTES[operation.verb, operation.template]
        if not _allowed(token, permission):
            return refusal(403, "Resource not accessible by integration")
        reply = serve(Asked(self.state, self.contract, values, seen.query, seen.body, token, self.store_url))
        if reply.items is not None:
            reply = self._paged(reply, seen)
        if reply.status < 400 and self.judges:
            self._fault(operation, self.contract.answer_faults(operation, reply.status, reply.body))
        return reply

    def _graphql(self, seen: Seen) -> Reply:
        """The one question that REST does not answer to an app; this part of GitHub has no OpenAPI description."""
        token = self._token(seen)
        if token is None or not token["login"]:
            return refusal(401, "Bad credentials")
        if seen.body != {"query": "{ viewer { login } }"}:
            return Reply(200, {"errors": [{"type": "undefinedField", "message": "not in the fake"}]})
        return Reply(200, {"data": {"viewer": {"login": token["login"]}}})

    def _fault(self, operation: Operation, faults: list[str]) -> None:
        self.faults += [f"{operation.verb} {operation.template}: {fault}" for fault in faults]

    def _token(self, seen: Seen) -> Row | None:
        said = seen.headers.get("authorization", "")
        if not said:
            return {"login": "", "permissions": READ_ALL, "installation": True}
        return self.state.tokens.get(said.rpartition(" ")[2])

    def _paged(self, reply: Reply, seen: Seen) -> Reply:
        items = reply.items or []
        size = min(int(seen.query.get("per_page", "30")), 100)
        page = int(seen.query.get("page", "1"))
        body: Any = items[(page - 1) * size : page * size]
        if reply.under:
            body = {"total_count": len(items), reply.under: body}
        headers = dict(reply.headers)
        if page * size < len(items):
            following = urlencode({**seen.query, "page": page + 1})
            headers["Link"] = f'<{self.url}{seen.path}?{following}>; rel="next"'
        return Reply(reply.status, body, headers)


def _allowed(token: Row, permission: str) -> bool:
    name, _, level = permission.partition(":")
    if name == "user":
        return not token["installation"]
    held = token["permissions"].get(name, "none")
    return not permission or held == "write" or (held == "read" and level == "read")


def _failed(failure: Failure) -> Reply | None:
    if failure.status == 0:
        return None
    reply = refusal(failure.status, failure.message or f"injected {failure.status}")
    return Reply(failure.status, reply.body, failure.headers, raw=failure.raw)


def _raw(reply: Reply) -> bytes:
    if reply.raw is not None:
        return reply.raw
    return b"" if reply.status == 204 else json.dumps(reply.body).encode()


def _tag(reply: Reply) -> str:
    return f'W/"{hashlib.sha256(_raw(reply) + json.dumps(reply.headers).encode()).hexdigest()}"'


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one packet: else Nagle's algorithm adds 40 ms to each

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the library's
        pass

    def drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def send(self, status: int, raw: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304) and "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def _api_handler(github: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    class ApiHandler(_Handler):
        def serve(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(raw) if raw else None
            path = parts.path.removeprefix(github.prefix).replace("/api/graphql", "/graphql")
            reply = github.answer(Seen(self.command, path, dict(parse_qsl(parts.query)), body, headers))
            if reply is None:
                self.drop()
                return
            raw, tag = _raw(reply), _tag(reply)
            answer = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
            if self.command == "GET" and reply.status == 200:
                answer["ETag"] = tag
                if headers.get("if-none-match") == tag:
                    self.send(304, b"", {"ETag": tag})
                    return
            self.send(reply.status, raw, answer)

        do_GET = do_POST = do_PATCH = do_DELETE = serve  # noqa: N815 - the library's names

    return ApiHandler


def _store_handler(github: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    class StoreHandler(_Handler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            github.store_seen.append(headers)
            seen = Seen("STORE", self.path, {}, None, headers)
            failure = github._failure(seen)
            if failure is not None and failure.status == 0:
                self.drop()
            elif failure is not None:
                self.send(failure.status, failure.raw or b"<Error/>", failure.headers)
            elif "authorization" in headers:
                self.send(400, b"<Error><Code>InvalidAuthenticationInfo</Code></Error>", {})
            else:
                blob = bytes.fromhex(github.state.blobs[self.path.rpartition("/")[2]])
                self.send(200, blob, {"Content-Type": "application/zip"})

    return StoreHandler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, required=True, help="directory of state.json, read first if it is there")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    path = options.state / "state.json"
    github = FakeGitHub(State.load(path) if path.exists() else None, save_to=path)
    github.start(options.port)
    github.state.save(path)
    print(github.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
