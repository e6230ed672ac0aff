"""A server that has nothing is told from one that is broken, and none can fill the memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatebot.baseline.web import MAX_ANSWER_BYTES, Web
from gatebot.errors import MachineError, UsageError
from gatebot.evidence.snapshot import SnapshotError
from tests.baseline.servers import StoreServer, serving


@pytest.fixture
def server() -> Iterator[StoreServer]:
    with serving(StoreServer(files={"/kept/a.zip": b"content"})) as backend:
        yield backend


def _web(server: StoreServer, **headers: str) -> Web:
    return Web(f"{server.address}/kept/", headers, backoff_s=0)


def test_what_is_there_and_what_is_not(server: StoreServer) -> None:
    assert _web(server).get("a.zip") == b"content"
    assert _web(server).get("b.zip") is None


def test_headers_are_sent(server: StoreServer) -> None:
    _web(server, Authorization="Bearer secret").get("a.zip")
    assert server.headers["Authorization"] == "Bearer secret"
    assert "secret" not in repr(_web(server, Authorization="Bearer secret"))


def test_a_netrc_file_changes_nothing(server: StoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    _web(server, Authorization="Bearer secret").get("a.zip")
    assert server.headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(("status", "hint"), [(401, "credentials"), (403, "credentials"), (500, ""), (304, "")])
def test_a_refusal_is_not_an_absence(server: StoreServer, status: int, hint: str) -> None:
    server.answers = [status]
    with pytest.raises(MachineError, match=str(status)) as caught:
        _web(server).get("a.zip")
    assert hint in caught.value.hint


def test_a_busy_server_is_asked_again(server: StoreServer) -> None:
    server.answers = [503, 502]
    assert _web(server).get("a.zip") == b"content"
    server.answers = [503] * 3
    with pytest.raises(MachineError, match="503"):
        _web(server).get("a.zip")


def test_a_message_is_not_sent_twice(server: StoreServer) -> None:
    server.answers = [503]
    with pytest.raises(MachineError, match="503"):
        _web(server).ask("POST", "runs/create", {})
    assert len(server.asked) == 1


def test_a_large_answer_is_refused(server: StoreServer) -> None:
    with pytest.raises(SnapshotError, match="more than 6 bytes"):
        _web(server).get("a.zip", most=6)
    server.files["/kept/answer"] = b" " * (MAX_ANSWER_BYTES + 1)
    with pytest.raises(SnapshotError):
        _web(server).ask("GET", "answer")


def test_a_packed_answer_is_refused(server: StoreServer) -> None:
    server.extra = {"Content-Encoding": "gzip"}
    with pytest.raises(MachineError, match="encoding"):
        _web(server).get("a.zip")


@pytest.mark.parametrize("answer", [b"", b"{", b"[]", b"[" * 100_000, b"\xff"])
def test_what_is_not_a_json_object_is_refused(server: StoreServer, answer: bytes) -> None:
    server.files["/kept/answer"] = answer
    with pytest.raises(MachineError, match="not"):
        _web(server).ask("GET", "answer")


def test_nobody_there() -> None:
    with serving(StoreServer()) as gone:
        pass
    with pytest.raises(MachineError, match="cannot be reached"):
        Web(gone.address, backoff_s=0).get("a.zip")


@pytest.mark.parametrize(
    "address", ["ftp://host/x", "file:///etc/passwd", "host/path", "https://", "https://u:p@host/x"]
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        Web(address)
    assert "u:p" not in str(caught.value)
