"""HTTP client for stores of baselines, with limits on time and size. It tells missing files from broken servers."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gatebot.errors import MachineError, UsageError
from gatebot.evidence.bundle import LIMITS
from gatebot.evidence.snapshot import SnapshotError

if TYPE_CHECKING:
    from requests import Response, Session

MAX_ANSWER_BYTES = 16 * 2**20
TIMEOUT_S = (10.0, 60.0)  # to connect; between two bytes
WHOLE_TIMEOUT_S = 600.0
RETRIES = 2
BUSY = (502, 503, 504)
NOT_THERE = (404, 410)
CROSSED = (409, 412)  # the file differs from the expected one, or is being written
DIFFERS = b"differs"

_CHUNK = 2**18


@dataclass(frozen=True, slots=True)
class Web:
    """A server with a base address.

    Attributes:
        address: `http://` or `https://`, optionally with a path. It is displayed, so it must not contain credentials.
        headers: headers of every request, e.g. `Authorization`.
        backoff_s: seconds to wait before a busy server is asked again; doubles each time.
    """

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    backoff_s: float = 0.5

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if "@" in parts.netloc:
            raise UsageError(f"the address of {parts.hostname} holds credentials", "Give them in the environment.")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{self.address[:200]!r} is not an http or https address")

    def get(
        self, path: str, most: int = LIMITS.file, *, shown: Callable[[str], object] = lambda _: None
    ) -> bytes | None:
        """Return the content at a path below the address; None if it does not exist. `shown` receives its ETag.

        Raises:
            SnapshotError: The content has more than `most` bytes.
            MachineError: The server cannot be reached, refuses the request, or breaks the connection.
        """
        return self._send("GET", path, most, shown=shown)

    def put(self, path: str, data: bytes, *, over: str = "") -> bool:
        """Upload bytes to a path below the address.

        Args:
            path: path below the address.
            data: the bytes.
            over: the ETag of the content to replace; `*` if there must be none; empty to replace anything.

        Returns:
            Whether the server accepted the bytes; False if other content exists there.

        Raises:
            MachineError: The server cannot be reached, or refuses the request.
        """
        headers = {"Content-Type": "application/zip"}
        if over:
            headers |= {"If-None-Match": "*"} if over == "*" else {"If-Match": over}
        told = self._send("PUT", path, MAX_ANSWER_BYTES, data=data, headers=headers, may_differ=bool(over))
        if told is None:
            raise MachineError(f"{self.address} takes nothing at {path}")
        return told is not DIFFERS

    def ask(
        self,
        method: str,
        path: str,
        message: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """Send a request to a JSON API and return the answer; None if the resource does not exist.

        Raises:
            MachineError: The server cannot be reached, refuses the request, or does not answer with a JSON object.
        """
        told = self._send(method, path, MAX_ANSWER_BYTES, json=message, params=query)
        if told is None:
            return None
        try:
            answer = json.loads(told)
        except (ValueError, RecursionError) as trouble:
            raise MachineError(f"{self.address} answers {path} with something that is not JSON") from trouble
        if not isinstance(answer, dict):
            raise MachineError(f"{self.address} answers {path} with something that is not a JSON object")
        return answer

    def _send(
        self,
        method: str,
        path: str,
        most: int,
        *,
        shown: Callable[[str], object] = lambda _: None,
        may_differ: bool = False,
        **content: Any,
    ) -> bytes | None:
        from requests import RequestException  # slow to import, and rarely needed

        headers = {"Accept-Encoding": "identity", **self.headers, **content.pop("headers", {})}
        address = f"{self.address.rstrip('/')}/{path}"
        try:
            with (
                self._session() as session,
                session.request(method, address, headers=headers, timeout=TIMEOUT_S, stream=True, **content) as answer,
            ):
                if answer.status_code in NOT_THERE:
                    return None
                if may_differ and answer.status_code in CROSSED:
                    return DIFFERS
                self._refuse_failure(answer, method, path)
                shown(answer.headers.get("ETag", ""))
                return self._body(answer, path, most)
        except (RequestException, OSError) as trouble:  # OSError: urllib3 raises it while streaming
            cause = type(trouble).__name__
            raise MachineError(f"{self.address} cannot be reached for {method} {path}: {cause}") from trouble

    def _session(self) -> "Session":
        from requests import Session
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry

        patience = Retry(
            RETRIES,
            status_forcelist=BUSY,
            allowed_methods={"GET", "PUT"},  # idempotent
            backoff_factor=self.backoff_s,
            raise_on_status=False,
        )
        session = Session()
        session.auth = lambda request: request  # prevents `.netrc` from replacing the headers
        session.mount("http://", HTTPAdapter(max_retries=patience))
        session.mount("https://", HTTPAdapter(max_retries=patience))
        return session

    def _refuse_failure(self, answer: "Response", method: str, path: str) -> None:
        if answer.status_code < 300:
            return
        hint = "Look at the credentials and what they allow." if answer.status_code in (401, 403) else ""
        raise MachineError(f"{self.address} answers {method} {path} with status {answer.status_code}", hint)

    def _body(self, answer: "Response", path: str, most: int) -> bytes:
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise MachineError(f"{self.address} answers {path} in an encoding that was not asked for")
        body, until = bytearray(), time.monotonic() + WHOLE_TIMEOUT_S
        for chunk in answer.iter_content(_CHUNK):
            body += chunk
            if len(body) > most:
                raise SnapshotError(f"{self.address}/{path} has more than {most:,} bytes")
            if time.monotonic() > until:
                raise MachineError(f"{self.address} takes more than {WHOLE_TIMEOUT_S:.0f} s to answer {path}")
        return bytes(body)
