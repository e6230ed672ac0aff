"""Data behind addresses, from real servers on this machine, fetched in the sandbox."""

import functools
import gzip
import io
import os
import threading
from collections.abc import Iterator, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from gatebot.collect import collect, remote
from gatebot.collect.decoding import Decoding
from gatebot.collect.program import Programs
from gatebot.collect.remote import Remote
from gatebot.config.sections.data import DataRules
from gatebot.data.digest import bytes_digest
from gatebot.data.read import Readers, read
from gatebot.data.rows import Rows
from gatebot.data.source import Source
from gatebot.errors import GateError, MachineError, UsageError
from gatebot.evidence.need import Side
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.sandbox import Isolation, probe
from tests.collect.repository import document, job, repository, tickets, with_folds

CSV = b'id,x\n1,"a\nb"\n2,c\n'


class Server(ThreadingHTTPServer):
    """Serves a folder; remembers what it was asked, and with which headers."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))

    @property
    def paths(self) -> list[str]:
        """What it was asked."""
        return [path for path, _ in self.asked]


class Handler(SimpleHTTPRequestHandler):
    """`/forbidden` and `/broken` answer 403 and 500; `/to?X` redirects to X; `/endless` never ends."""

    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        codes = {"/forbidden": 403, "/broken": 500}
        path, _, query = self.path.partition("?")
        if path in codes:
            self.send_error(codes[path])
        elif path == "/to":
            self.send_response(302)
            self.send_header("Location", query)
            self.send_header("Set-Cookie", "session=1")
            self.end_headers()
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            while True:
                try:
                    self.wfile.write(b"x,y\n" * 10_000)
                except OSError:
                    return
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    yield from serving(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Server]:
    yield from serving(tmp_path)


@pytest.fixture
def web(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def fetch(shared_cache: Path) -> "Fetching":
    return Fetching(shared_cache)


class Fetching:
    """Reads addresses as collect does, by Rules that allow all of them, on this machine too."""

    def __init__(self, cache: Path) -> None:
        self.programs = Programs(probe(), Isolation.NONE, cache)

    def __call__(self, *addresses: str, secrets: tuple[str, ...] = (), private: bool = True) -> Rows:
        rules = [{"prefix": each.partition("?")[0], "private": private, "secrets": secrets} for each in self.roots]
        return self.by(rules, *addresses)

    roots = ("s3://data/", "s3://nowhere/")

    def by(self, rules: list[Any], *addresses: str, environ: Mapping[str, str] | None = None) -> Rows:
        given = DataRules.model_validate({"addresses": rules})
        fetcher = Remote(given, self.programs, os.environ if environ is None else environ)
        return read(Source(Path("/"), addresses), readers=Readers(fetcher, Decoding(self.programs)))

    def web(self, *addresses: str) -> Rows:
        """From servers of this machine."""
        roots = {"/".join(each.split("/")[:3]) + "/" for each in addresses}
        return self.by([{"prefix": root, "private": True} for root in roots], *addresses)


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


@pytest.mark.whole
def test_files_over_http(tmp_path: Path, web: str, fetch: Fetching) -> None:
    (tmp_path / "t.csv").write_bytes(CSV)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CSV))
    (tmp_path / "t.parquet").write_bytes(parquet(pl.DataFrame({"x": [1]})))
    rows = fetch.web(f"{web}/t.csv?signature=secret")
    assert rows.frame.rows() == [("1", "a\nb"), ("2", "c")]
    assert rows.files == {f"{web}/t.csv": bytes_digest(CSV)}
    assert fetch.web(f"{web}/t.csv.gz").frame.equals(rows.frame)
    assert fetch.web(f"{web}/t.parquet").typed


@pytest.mark.whole
@pytest.mark.parametrize("level", [level for level in Isolation if level <= probe().level])
def test_files_over_http_at_every_level(
    tmp_path: Path, web: str, server: Server, shared_cache: Path, level: Isolation
) -> None:
    (tmp_path / "t.csv").write_bytes(CSV)
    rules = DataRules.model_validate({"addresses": [{"prefix": f"{web}/", "private": True}]})
    fetcher = Remote(rules, Programs(probe().at(level), Isolation.NONE, shared_cache), {})
    assert fetcher(f"{web}/t.csv") == [(f"{web}/t.csv", CSV)]
    assert server.paths == ["/t.csv"]


@pytest.mark.whole
@pytest.mark.parametrize(
    ("path", "kind", "says"),
    [
        ("/gone.csv?token=secret", UsageError, "is not there (HTTP 404)"),
        ("/forbidden", UsageError, "may not be read (HTTP 403)"),
        ("/broken", MachineError, "could not be fetched: HTTP 500"),
        ("/latin.csv", UsageError, "line 2 is not UTF-8"),
    ],
)
def test_what_goes_wrong_over_http(
    tmp_path: Path, web: str, fetch: Fetching, path: str, kind: type[GateError], says: str
) -> None:
    (tmp_path / "latin.csv").write_bytes(b"a\ncaf\x81\n")
    with pytest.raises(kind) as caught:
        fetch.web(web + path)
    assert says in caught.value.message
    assert "secret" not in str(caught.value)


def test_no_server(fetch: Fetching) -> None:
    with pytest.raises(MachineError, match="could not be fetched: ConnectionError"):
        fetch.web("http://127.0.0.1:9/t.csv")


def test_a_password_in_an_address_is_refused_and_not_shown(fetch: Fetching) -> None:
    with pytest.raises(UsageError, match="it holds a user name or a password") as caught:
        fetch.by([], "http://user:secret@127.0.0.1:9/t.csv")
    assert "secret" not in str(caught.value)


# --- who may be asked ---


@pytest.mark.whole
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/other/t.csv",
        "http://localhost:{port}/sets/t.csv",
        "http://127.0.0.1:{other}/sets/t.csv",
        "http://127.0.0.1:{port}/setsecret/t.csv",
        "https://evil.example/t.csv",
        "s3://bucket/t.csv",
    ],
)
def test_what_base_does_not_allow_is_not_asked_for(
    server: Server, other: Server, fetch: Fetching, address: str
) -> None:
    port = server.server_port
    rules = [{"prefix": f"http://127.0.0.1:{port}/sets/", "private": True}]
    named = address.format(port=port, other=other.server_port)
    with pytest.raises(UsageError) as caught:
        fetch.by(rules, named)
    assert f"`{named}` is not an address that the base branch's gatebot.yml allows." in caught.value.message
    assert "data.addresses: [" in caught.value.hint
    assert server.asked == other.asked == []


@pytest.mark.whole
@pytest.mark.parametrize(
    "path", ["/sets/../t.csv", "/sets/%2e%2e/t.csv", "/sets/..%2ft.csv", "/sets/%252e%252e/t.csv", "/sets//t.csv"]
)
def test_a_way_out_of_the_prefix_is_refused(server: Server, web: str, fetch: Fetching, path: str) -> None:
    with pytest.raises(UsageError, match="is not fetched"):
        fetch.by([{"prefix": f"{web}/sets/", "private": True}], web + path)
    assert server.asked == []


@pytest.mark.whole
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "[::1]", "0"]
)
def test_this_machine_is_not_asked_unless_the_rules_say_so(server: Server, fetch: Fetching, host: str) -> None:
    address = f"http://{host}:{server.server_port}/t.csv"
    with pytest.raises(UsageError, match=r"is not fetched: \S+ is (?:\S+, )?an address"):
        fetch.by([address], address)
    assert server.asked == []


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[64:ff9b::169.254.169.254]", "100.100.100.200"]
)
def test_link_local_and_metadata_addresses_are_never_asked(fetch: Fetching, host: str) -> None:
    address = f"http://{host}/latest/meta-data/iam"
    with pytest.raises(UsageError, match="never"):
        fetch.by([{"prefix": address, "private": True}], address)


def test_a_redirect_is_held_to_the_same(tmp_path: Path, server: Server, other: Server, fetch: Fetching) -> None:
    (tmp_path / "t.csv").write_bytes(CSV)
    web, elsewhere = f"http://127.0.0.1:{server.server_port}", f"http://localhost:{other.server_port}"
    assert fetch.web(f"{web}/to?/t.csv").frame.height == 2
    assert all("Cookie" not in headers and "Authorization" not in headers for _, headers in server.asked)
    for target, says in (
        (f"{elsewhere}/t.csv", "localhost is 127.0.0.1, an address of this machine"),
        ("http://169.254.169.254/latest", "never fetched"),
        ("file:///etc/passwd", "no plain http"),
        ("http://user@127.0.0.1/t.csv", "no plain http"),
        ("/to?/to", "redirected more than 5 times"),
    ):
        with pytest.raises(UsageError, match=says):
            fetch.web(f"{web}/to?{target}" if "/to?" not in target else f"{web}/to?" + "/to?" * 7 + "/t.csv")
    assert other.asked == []


def test_what_never_ends_is_cut_off_while_it_comes(
    server: Server, web: str, fetch: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "LARGEST", 3_000_000)
    with pytest.raises(UsageError, match="holds more than 3000000 bytes"):
        fetch.web(f"{web}/endless")


def test_the_addresses_of_a_file_are_allowed_by_that_file_alone(
    tmp_path: Path, open_path: Path, shared_cache: Path, server: Server, web: str
) -> None:
    """What head's copy of gatebot.yml names is held against what base's copy names or allows."""
    for name in ("t.csv", "u.csv"):
        (tmp_path / name).write_text(with_folds(tickets()))
    base = document(data={"path": f"{web}/t.csv"})
    allowing = document(data={"path": "data/tickets.csv", "addresses": [{"prefix": f"{web}/", "private": True}]})
    head = document(data={"path": f"{web}/u.csv", "addresses": [{"prefix": f"{web}/", "private": True}]})
    root = repository(open_path / "repo")
    for rules, says in ((base.rules, "is not an address that the base branch's"), (allowing.rules, "")):
        asked = job(root, shared_cache, head, rules=rules)
        if says:
            with pytest.raises(UsageError, match=says):
                collect([Profile(Side.HEAD)], asked)
            assert server.asked == []
        else:
            found = collect([Profile(Side.HEAD)], asked)[Side.HEAD]
            assert found.get(Profile(Side.HEAD), DataProfile) is not None
            assert server.paths == ["/u.csv"]
    same = job(root, shared_cache, base)
    with pytest.raises(UsageError, match="an address of this machine"):  # allowed, and then held to the network's rules
        collect([Profile(Side.HEAD)], same)


def test_no_variable_crosses_that_no_rule_names(tmp_path: Path, web: str, fetch: Fetching) -> None:
    (tmp_path / "t.csv").write_bytes(CSV)
    environ = {
        "GITHUB_TOKEN": "ghs_x",
        "AWS_SECRET_ACCESS_KEY": "s",
        "WANTED": "w",
        "AWS_REGION": "r",
        "NO_PROXY": "*",
        "PYTHONPATH": "/",
    }
    key = tmp_path / "key.json"
    key.write_text("{}")
    environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(key)
    seen: dict[str, str] = {}
    lent: dict[str, bytes] = {}
    ran = fetch.programs.ran

    class Watched(Programs):
        def ran(self, *given: Any, **more: Any) -> Any:
            seen.update(more["env"] if given[0].name == "download.py" else {})
            lent.update(more.get("files") or {})
            return ran(*given, **more)

    fetch.programs = Watched(probe(), Isolation.NONE, fetch.programs.cache)
    fetch.by([{"prefix": f"{web}/", "private": True, "secrets": ["WANTED", "UNSET"]}], f"{web}/t.csv", environ=environ)
    assert seen == {"WANTED": "w", "AWS_REGION": "r", "NO_PROXY": "*"}
    assert lent == {}
    keyed = {"prefix": f"{web}/", "private": True, "secrets": ["GOOGLE_APPLICATION_CREDENTIALS"]}
    fetch.by([keyed], f"{web}/t.csv", environ=environ)
    assert lent == {"GOOGLE_APPLICATION_CREDENTIALS": b"{}"}


# --- object stores ---


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """An S3 server with a bucket of data."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="data")
    objects = {
        "d/2.csv": b"id,x\n3,d\n",
        "d/1.csv": CSV,
        "d/1.csv.gz": gzip.compress(CSV),
        "t.jsonl": b'{"id": 1}\n{"id": 2}\n',
        "p/2.parquet": parquet(pl.DataFrame({"x": [3]})),
        "p/1.parquet": parquet(pl.DataFrame({"x": [1, 2]})),
        "latin.csv": b"a\ncaf\x81\n",
        "broken.parquet": b"PAR1junkPAR1",
    }
    for key, body in objects.items():
        client.put_object(Bucket="data", Key=key, Body=body)
    yield endpoint
    server.stop()


@pytest.fixture
def credentials(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": store,
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.mark.whole
@pytest.mark.usefixtures("credentials")
def test_objects_of_a_store(fetch: Fetching) -> None:
    text = fetch("s3://data/d/*.csv", secrets=KEYS)
    assert text.frame.rows() == [("1", "a\nb"), ("2", "c"), ("3", "d")]
    assert list(text.files) == ["s3://data/d/1.csv", "s3://data/d/2.csv"]
    assert fetch("s3://data/d/1.csv.gz", secrets=KEYS).frame.height == 2
    assert fetch("s3://data/t.jsonl", secrets=KEYS).frame["id"].to_list() == ["1", "2"]
    typed = fetch("s3://data/p/*.parquet", secrets=KEYS)
    assert typed.typed
    assert typed.frame["x"].to_list() == [1, 2, 3]
    assert list(typed.files) == ["s3://data/p/1.parquet", "s3://data/p/2.parquet"]
    assert fetch("s3://data/p/1.parquet", secrets=KEYS).files.items() <= typed.files.items()


@pytest.mark.whole
@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("s3://data/gone.csv", "is not there"),
        ("s3://data/gone*.csv", "matches nothing"),
        ("s3://nowhere/t.csv", "is not there"),
        ("s3://data/latin.csv", "is not UTF-8"),
        ("s3://data/broken.parquet", "cannot be read"),
    ],
)
def test_what_goes_wrong_with_a_store(fetch: Fetching, address: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        fetch(address, secrets=KEYS)
    assert says in caught.value.message
    assert caught.value.hint


@pytest.mark.usefixtures("credentials")
def test_a_store_on_this_machine_is_not_asked_unless_the_rules_say_so(fetch: Fetching) -> None:
    with pytest.raises(UsageError, match="an address of this machine"):
        fetch("s3://data/d/1.csv", secrets=KEYS, private=False)


@pytest.mark.whole
def test_a_store_that_does_not_answer(fetch: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    with pytest.raises(MachineError, match="could not be fetched"):
        fetch("s3://data/t.csv", secrets=KEYS)
