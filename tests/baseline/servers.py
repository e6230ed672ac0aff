"""Small real servers: one that takes GET and PUT, and one that answers as MLflow's tracking server does."""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PROXY = "/api/2.0/mlflow-artifacts/artifacts/"


@dataclass
class StoreServer:
    """What lies on a server, and what it was asked.

    Attributes:
        files: path -> content.
        asked: method and path of each request.
        headers: of the last request.
        answers: status codes that are given before any file is.
        proxies: MLflow only: keeps artifacts on the server.
        conditions: knows tags, and takes nothing over what it was not shown.
        before: is called with each request before it is answered.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    proxies: bool = True
    conditions: bool = True
    before: list[Callable[[str], None]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    experiments: list[str] = field(default_factory=list)
    address: str = ""


class _Handler(BaseHTTPRequestHandler):
    backend: StoreServer

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.backend.asked.append(f"{self.command} {parts.path}")
        self.backend.headers = dict(self.headers)
        for hook in list(self.backend.before):
            hook(f"{self.command} {parts.path}")
        status, data = self.backend.answers.pop(0) if self.backend.answers else 0, b""
        if not status:
            status, data = self._mlflow(parts.path, parse_qs(parts.query), body) or self._file(parts.path, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if self.backend.conditions and self.command == "GET" and status == 200:
            self.send_header("ETag", _tag(data))
        for name, value in self.backend.extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = _answer  # noqa: N815

    def _file(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self.command == "PUT":
            known = self.backend.files.get(path)
            shown = self.headers.get("If-Match", "" if known is None else _tag(known))
            free = known is None or "If-None-Match" not in self.headers
            if self.backend.conditions and (not free or shown != ("" if known is None else _tag(known))):
                return 412, b""
            self.backend.files[path] = body
            return 201, b""
        found = self.backend.files.get(path)
        return (404, b"") if found is None else (200, found)

    def _mlflow(self, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes] | None:
        """The answers of MLflow 3, as recorded from its server."""
        if path == "/get-artifact":
            return self._file(f"/artifacts/{query['run_uuid'][0]}/{query['path'][0]}", b"")
        if not path.startswith("/api/2.0/mlflow/"):
            return None
        message = json.loads(body) if body else {}
        match path.removeprefix("/api/2.0/mlflow/"):
            case "experiments/get-by-name":
                name = query["experiment_name"][0]
                if name not in self.backend.experiments:
                    return 404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}'
                answer: dict[str, Any] = {"experiment": {"experiment_id": str(self.backend.experiments.index(name))}}
            case "experiments/create":
                self.backend.experiments.append(message["name"])
                answer = {"experiment_id": str(len(self.backend.experiments) - 1)}
            case "runs/create":
                answer = {"run": self._create(message)}
            case "runs/update":
                run = next(run for run in self.backend.runs if run["info"]["run_id"] == message["run_id"])
                run["info"]["status"] = message["status"]
                answer = {"run_info": run["info"]}
            case "runs/search":
                answer = self._search(message)
            case _:
                return 404, b""
        return 200, json.dumps(answer).encode()

    def _create(self, message: dict[str, Any]) -> dict[str, Any]:
        run_id = f"{len(self.backend.runs):032x}"
        scheme = "mlflow-artifacts:" if self.backend.proxies else "s3://bucket"
        info = {
            "run_id": run_id,
            "experiment_id": message["experiment_id"],
            "status": "RUNNING",
            "start_time": message["start_time"],
            "artifact_uri": f"{scheme}/{message['experiment_id']}/{run_id}/artifacts",
        }
        run = {"info": info, "data": {"tags": message["tags"]}}
        self.backend.runs.append(run)
        return run

    def _search(self, message: dict[str, Any]) -> dict[str, Any]:
        wanted = dict(re.findall(r"tags\.`([^`]+)` = '([^']*)'", message["filter"]))
        assert "attributes.status = 'FINISHED'" in message["filter"]
        found = [
            run
            for run in self.backend.runs
            if run["info"]["experiment_id"] in message["experiment_ids"]
            and run["info"]["status"] == "FINISHED"
            and wanted.items() <= {tag["key"]: tag["value"] for tag in run["data"]["tags"]}.items()
        ]
        found.sort(key=lambda run: run["info"]["start_time"], reverse=True)
        start = int(message.get("page_token", 0))
        page: dict[str, Any] = {"runs": found[start : start + 2]}
        if start + 2 < len(found):
            page["next_page_token"] = str(start + 2)
        return page if page["runs"] else {}

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


def _tag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()}"'


@contextmanager
def serving(backend: StoreServer) -> Iterator[StoreServer]:
    """The server, while the block runs."""
    handler = type("Handler", (_Handler,), {"backend": backend})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    backend.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield backend
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
