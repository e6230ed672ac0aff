"""Which servers may be reached, and that the connection goes to what was looked at."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gatebot.collect.download import ProblemError, downloaded, redirected, why_not

PUBLIC = ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::93.184.216.34", "::ffff:93.184.216.34")
PRIVATE = (
    *("127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *("::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"),
)
NEVER = (
    *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "0.0.0.1", "0.1.2.3"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
    *("::", "fe80::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:1::1", "::127.0.0.1", "::a9fe:a9fe", "2001:db8::1"),
)


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_servers_may_be_reached(ip: str) -> None:
    assert why_not("h", ip, private=False) == ""


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_servers_only_where_the_rules_say_so(ip: str) -> None:
    assert why_not("h", ip, private=False)
    assert why_not("h", ip, private=True) == ""


@pytest.mark.parametrize("ip", NEVER)
def test_metadata_and_addresses_of_no_server_never(ip: str) -> None:
    assert why_not("h", ip, private=True)


@pytest.mark.parametrize("host", ["metadata.google.internal", "Metadata.Google.Internal.", "metadata", "instance-data"])
def test_metadata_by_name_never(host: str) -> None:
    assert why_not(host, "93.184.216.34", private=True) == "a metadata service"


class Recorder(BaseHTTPRequestHandler):
    """Answers everything, as a server or as a proxy."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x\n1\n")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.chdir(tmp_path)
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Recorder.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """A name server whose answer changes from question to question; what was asked."""
    asked: list[str] = []

    def look_up(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        asked.append(str(host))
        ip = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(
    recorder: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolving(monkeypatch, "127.0.0.1", "169.254.169.254")
    address = f"http://rebound.example:{recorder.server_port}/t.csv"
    assert Path(downloaded(address, address, private=True, most=100)).read_bytes() == b"x\n1\n"
    assert asked == ["rebound.example"]


def test_a_name_that_leads_to_this_machine_is_refused(
    recorder: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, "127.0.0.1")
    address = f"http://harmless.example:{recorder.server_port}/t.csv"
    with pytest.raises(ProblemError, match=r"harmless.example is 127.0.0.1"):
        downloaded(address, address, private=False, most=100)
    assert Recorder.asked == []


def test_a_proxy_of_the_operators_may_be_private_and_what_it_is_asked_for_may_not(
    recorder: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{recorder.server_port}")
    address = "http://93.184.216.34/t.csv"
    downloaded(address, address, private=False, most=100)
    assert Recorder.asked == [address]
    for refused in ("http://169.254.169.254/", "http://10.0.0.1/", "http://localhost/"):
        with pytest.raises(ProblemError, match="is not fetched"):
            downloaded(refused, refused, private=False, most=100)
    assert Recorder.asked == [address]


@pytest.mark.parametrize(
    ("address", "location", "leads"),
    [
        ("https://h/a", "/b", "https://h/b"),
        ("http://h/a", "https://other/b?sig=1", "https://other/b?sig=1"),
        ("https://h/a", "http://h/b", ""),
        ("https://h/a", "https://user:word@h/b", ""),
        ("https://h/a", "ftp://h/b", ""),
        ("https://h/a", "file:///etc/passwd", ""),
        ("https://h/a", "https://h\\@evil/b", ""),
        ("https://h/a", "https://h:99999/b", ""),
        ("https://h/a", "https://[::1/b", ""),
    ],
)
def test_where_a_redirect_may_lead(address: str, location: str, leads: str) -> None:
    if leads:
        assert redirected(address, location, "name") == leads
    else:
        with pytest.raises(ProblemError, match="is redirected"):
            redirected(address, location, "name")
